// Every page, light and dark, wide and narrow: no breach of WCAG 2.2 AA that axe can find, and nothing that overflows.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { register, settlement, shots, start } from "./server.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const OUTSIDE = [["sign-in", "/sign-in"], ["closed", "/register"], ["forgotten", "/reset"], ["address-told", "/address?said=stopped"], ["missing", "/nothing-here"]];
const INSIDE = [
  ["home", "/"],
  ["home-months", "/?from=2024-01-01&to=2026-12-31"],
  ["styleguide", "/styleguide"],
  ["styleguide-mail", "/styleguide/mail"],
  ["notices", "/notices"],
  ["what-one-gets", "/settings/notices"],
  ["messages", "/messages"],
  ["settlements-none", "/settlements?state=withdrawn"],
  ["statement", "/statement"],
  ["statement-empty", "/statement?month=2020-01"],
  ["statement-months", "/statement?by=month"],
  ["statement-printed", "/statement?gst=printed"],
  ["statement-balance", "/statement?view=balance"],
  ["statement-trial", "/statement?view=trial"],
  ["statement-files", "/statement?view=files"],
  ["difference", "/difference"],
  ["unreadable", "/statement?month=2026-13"],
  ["lines", "/lines?group=fees"],
  ["lines-goods", "/lines?group=cost-of-goods"],
  ["settlements", "/settlements"],
  ["settlement", "/settlements/1"],
  ["settlement-lines", "/settlements/1/lines?sort=amount&dir=down"],
  ["search", "/search"],
  ["search-found", "/search?account=expense:fee:closing&sort=amount&dir=up"],
  ["search-offers", "/search?q=40"],
  ["search-wrong", "/search?sku=NO-SUCH&account=nowhere"],
  ["labels", "/labels?q=commission"],
  ["label", "/labels/1"],
  ["label-wrong", "/labels/1/rule?since=day"],
  ["label-preview", "/labels/1/rule?credit=income:other&debit=expense:adjustment&gst=none&since=all"],
  ["files", "/uploads"],
  ["file", "/uploads/1"],
  ["withdrawal", "/files/1/withdrawal"],
  ["products", "/products"],
  ["products-chosen", "/products?col=units&col=refund_share&col=fees_per_unit&col=uncosted&sort=fees"],
  ["products-none", "/products?q=nothing-like-it"],
  ["products-best", "/best-products"],
  ["product", "/products/2"],
  ["product-none", "/products/0"],
  ["trends", "/trends"],
  ["trends-weeks", "/trends?by=week&figure=units&shade=all"],
  ["costs", "/costs"],
  ["cost-new", "/costs/product?sku=A-1&add=1"],
  ["cost-sheet", "/costs/sheet"],
  ["expenses", "/expenses"],
  ["months", "/close"],
  ["books", "/books"],
  ["books-payouts", "/books/payouts"],
  ["books-held", "/books/held"],
  ["books-tcs", "/books/tcs"],
  ["books-gst", "/books/gst"],
  ["books-ledgers", "/books/ledgers"],
  ["account", "/account"],
  ["account-codes", "/account/codes"],
  ["account-email", "/account/email"],
  ["people", "/people"],
  ["leaving", "/people/1/removal"],
  ["businesses", "/businesses"],
  ["business", "/settings/business"],
  ["tax-settings", "/settings/tax"],
  ["tax-change", "/settings/tax/change?credit=yes"],
  ["tax-wrong", "/settings/tax/change?credit=yes&from=soon"],
  ["files-last", "/uploads?page=9"],
];

let site;
let state;
before(async () => {
  site = await start();
  if (shots) mkdirSync(shots, { recursive: true });
  const context = await site.browser.newContext({ baseURL: site.url });
  const tab = await context.newPage();
  // Registering is looked at while it is still possible.
  for (const look of LOOKS) {
    const first = await open(look, []);
    await first.goto("/register");
    await check(first, "register", look);
    await first.getByRole("button", { name: "Create account" }).click();
    await check(first, "register-wrong", look);
    await first.context().close();
  }
  await register(tab);
  for (const look of LOOKS) {
    const first = await open(look, (await context.storageState()).cookies);
    await first.goto("/");
    await check(first, "first-home", look);
    await first.goto("/statement");
    await check(first, "first-statement", look);
    await first.goto("/uploads");
    await check(first, "first-files", look);
    await first.context().close();
  }
  await tab.goto("/uploads");
  await tab.getByLabel("Choose files").setInputFiles([settlement(site, "50001000011.txt", 3_000, 5), settlement(site, "50001000021.txt", 500, 6)]);
  await tab.getByRole("button", { name: "Import" }).click();
  await tab.getByText("balanced to the last paisa").nth(1).waitFor();
  state = (await context.storageState()).cookies;
  await context.close();
});
after(async () => { await site?.stop(); });

const LOOKS = ["light", "dark"].flatMap((scheme) => [["desktop", 1320, 900], ["phone", 390, 844], ["narrow", 320, 640]].map(([name, width, height]) => ({ scheme, name, width, height })))
  // What is narrow is about room, not about colour.
  .filter(({ scheme, name }) => scheme === "light" || name !== "narrow");

async function open({ scheme, name, width, height }, cookies) {
  const context = await site.browser.newContext({
    baseURL: site.url, colorScheme: scheme, viewport: { width, height }, hasTouch: name !== "desktop", isMobile: name !== "desktop", reducedMotion: "reduce",
  });
  await context.addCookies(cookies);
  return context.newPage();
}

async function check(tab, name, look) {
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate((tags) => axe.run(document, { runOnly: tags }), RULES);
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160) + " " + node.any.map((check) => check.message).join("; ")).join(" | ")}`);
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (shots) await tab.screenshot({ path: join(shots, `${name}-${look.name}-${look.scheme}.png`), fullPage: true });
  if (wide > 0) told.push(`${wide} px too wide`);
  breaches.push(...told.map((what) => `${name} ${look.name} ${look.scheme}: ${what}`));
}

// What was found since the last look.
let breaches = [];
function none() {
  const found = breaches;
  breaches = [];
  assert.deepEqual(found, []);
}

test("the pages of a first visit", none);

for (const look of LOOKS) {
  test(`signed out, ${look.name}, ${look.scheme}`, async () => {
    const tab = await open(look, []);
    for (const [name, path] of OUTSIDE) {
      await tab.goto(path);
      await check(tab, name, look);
    }
    await tab.context().close();
    none();
  });

  test(`signed in, ${look.name}, ${look.scheme}`, async () => {
    const tab = await open(look, state);
    for (const [name, path] of INSIDE) {
      await tab.goto(path);
      await check(tab, name, look);
    }
    await tab.goto("/lines?group=fees");
    await tab.getByRole("link", { name: /^line / }).first().click();
    await check(tab, "line-opened", look);
    await tab.goto("/statement");
    await tab.locator("details.scope summary").first().click();
    await check(tab, "menu-open", look);
    if (look.name !== "desktop") {
      await tab.keyboard.press("Escape");
      await tab.getByText("More", { exact: true }).click();
      await tab.getByRole("button", { name: "Sign out" }).waitFor();
      await check(tab, "more-open", look);
    }
    await tab.context().close();
    none();
  });
}

test("months side by side print on the paper's long side, with the way GST is shown in words", async () => {
  const tab = await open({ scheme: "light", name: "desktop", width: 1123, height: 794 }, state);
  await tab.goto("/statement?by=month&gst=printed");
  await tab.emulateMedia({ media: "print", colorScheme: "light" });
  assert.equal(await tab.getByRole("link", { name: "Quarters" }).isVisible(), false);
  assert.equal(await tab.getByRole("heading", { name: /as printed by Amazon$/ }).isVisible(), true);
  if (shots) await tab.screenshot({ path: join(shots, "statement-months-print.png"), fullPage: true });
  await tab.context().close();
});

test("the statement prints on A4 without navigation", async () => {
  const tab = await open({ scheme: "dark", name: "desktop", width: 794, height: 1123 }, state);
  await tab.goto("/statement");
  await tab.emulateMedia({ media: "print", colorScheme: "light" });
  assert.equal(await tab.locator(".side").isVisible(), false);
  assert.equal(await tab.locator(".bar").isVisible(), false);
  const background = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(background, "rgb(255, 255, 255)");
  // What one clicks is gone, and whose statement it is stands on it.
  for (const part of [".scope", ".values", ".behind"]) assert.equal(await tab.locator(part).first().isVisible(), false, part);
  assert.equal(await tab.locator(".only-print").textContent(), "Kurta House");
  assert.equal(await tab.locator(".only-print").isVisible(), true);
  if (shots) await tab.screenshot({ path: join(shots, "statement-print.png"), fullPage: true });
  await tab.context().close();
});
