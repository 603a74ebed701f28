// Every page that the router knows is opened on the demo, once light and wide and once dark on a phone: axe finds no
// breach of WCAG 2.2 AA, and nothing overflows. A page that no link leads to and no visit below names fails the test.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { mailbox } from "./mailbox.mjs";
import { demo, newTab, serveDemo, settlement } from "./server.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const LOOKS = [
  { name: "light, desktop", options: { colorScheme: "light", viewport: { width: 1320, height: 900 } } },
  { name: "dark, phone", options: { colorScheme: "dark", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } },
];
// What the router answers with a file.
const FILES = ["/healthz", "/assets/{name}", "/favicon.ico", "/costs/template.csv", "/costs/template.xlsx", "/styleguide/mail/{sample}"];
// What needs more than the demo has; each is looked at in the same way by the journey that leads there.
const ELSEWHERE = { "/staff": "staff.test.mjs", "/people/staff/{id}/end": "staff.test.mjs", "/account/passkeys/{id}/removal": "passkeys.test.mjs" };
// Most pages looked through for links.
const MOST_VISITS = 300;

// The patterns of all pages, from the code of the router.
function patterns() {
  const source = fileURLToPath(new URL("../../crates/web/src", import.meta.url));
  const files = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".rs"));
  const text = files.map((name) => readFileSync(`${source}/${name}`, "utf8")).join("\n");
  const found = [...text.matchAll(/\.route\(\s*"([^"]+)",\s*get\(/g)].map((match) => match[1]);
  const elsewhere = (pattern) => Object.keys(ELSEWHERE).some((begin) => pattern === begin || pattern.startsWith(`${begin}/`));
  return [...new Set(found)].filter((pattern) => !FILES.includes(pattern) && !elsewhere(pattern)).sort();
}

// The pattern of an address: the one with the fewest blanks that fits.
function patternOf(path, all) {
  const blanks = (pattern) => pattern.split("{").length;
  const fits = (pattern) => new RegExp(`^${pattern.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path);
  return all.filter(fits).sort((one, other) => blanks(one) - blanks(other))[0];
}

let site;
let box;
// An address for each pattern.
const places = new Map();
// Those that only somebody signed out sees as they are.
const OUTSIDE = ["/address", "/sign-in", "/register", "/reset", "/reset/{token}", "/invitations/{token}"];

before(async () => {
  box = await mailbox();
  site = await serveDemo(box.flags);
  const tab = await newTab(site);
  for (const visit of VISITS) await visit(tab);
  await crawl(tab);
  await tab.context().close();
});
after(async () => {
  await site?.stop();
  await box?.stop();
});

function keep(address) {
  const { pathname, search } = new URL(address, site.url);
  const pattern = patternOf(pathname, patterns());
  if (!pattern || places.has(pattern)) return false;
  places.set(pattern, pathname + search);
  return true;
}

// What no link leads to: each leaves an address in `places`.
const VISITS = [
  async (tab) => {
    await tab.goto("/people");
    await tab.getByLabel("E-mail address").fill("ravi@kurta-house.example");
    await tab.getByRole("button", { name: "Make the invitation" }).click();
    keep(await tab.getByLabel("Link of the invitation").inputValue());
    // Somebody who follows theirs is then to be found among the people.
    await tab.goto("/people");
    await tab.getByLabel("E-mail address").fill("meera@kurta-house.example");
    await tab.getByRole("button", { name: "Make the invitation" }).click();
    const link = await tab.getByLabel("Link of the invitation").inputValue();
    const meera = await newTab({ ...site, state: undefined });
    await meera.goto(link);
    await meera.getByLabel("Your name").fill("Meera Nair");
    await meera.getByLabel("Phone number").fill("+91 98450 54321");
    await meera.getByLabel("Password").fill("monsoon tea kettle seven");
    await meera.getByRole("button", { name: "Create your account and join" }).click();
    await meera.getByRole("heading", { name: /^Good / }).waitFor();
    await meera.context().close();
    keep(await box.link(`${site.url}/address/`));
  },
  async () => {
    const tab = await newTab({ ...site, state: undefined });
    await tab.goto("/reset");
    await tab.getByLabel("E-mail address").fill(demo.email);
    await tab.getByRole("button", { name: "Send the link" }).click();
    keep(await box.link(`${site.url}/reset/`));
    await tab.context().close();
  },
  async (tab) => {
    await tab.goto("/costs/sheet");
    const buffer = Buffer.from("sku,from,goods\nKURTA-NEW,2026-01-01,210.50\nKURTA-NEW,2026-01-01,minus one\n");
    await tab.locator("input[type=file]").setInputFiles({ name: "costs.csv", mimeType: "text/csv", buffer });
    await tab.getByRole("button", { name: /Look|Upload|preview/i }).first().click();
    keep(tab.url());
  },
  async (tab) => {
    await tab.goto("/settings/tax/change?credit=no&from=2026-04-01");
    await tab.getByRole("button", { name: "Change it" }).click();
    keep("/settings/tax/change?credit=yes&from=2026-05-01");
  },
  async (tab) => {
    const rule = "rule?credit=income:other&debit=expense:adjustment&gst=none&since=all";
    await tab.goto(`/labels/1/${rule}`);
    await tab.getByRole("button", { name: "Make the rule" }).click();
    keep(`/labels/2/${rule}`);
    await tab.getByText("The rule is made.").waitFor();
  },
  async (tab) => {
    // On the first day of a month the list of that month is empty.
    await tab.goto("/products?from=2020-01-01&to=2039-12-31");
    await tab.locator("main tbody a[href^='/products/']:not([href^='/products/0'])").first().click();
    await tab.locator("form[action$='/stock'] [name=units]").fill("2");
    await tab.getByRole("button", { name: "Enter" }).click();
    await tab.waitForURL(/said=added/);
    keep(tab.url());
  },
  async (tab) => {
    await tab.goto("/uploads");
    await tab.getByLabel("Choose files").setInputFiles([settlement(site, "50001000011.txt", 500, 6)]);
    await tab.getByRole("button", { name: "Import" }).click();
    await tab.getByText("balanced to the last paisa").first().waitFor();
    keep(tab.url());
  },
  // Last, because the session needs codes from then on: it has given one by turning them on.
  async (tab) => {
    await tab.goto("/account/codes");
    await tab.getByLabel("Password").fill(demo.password);
    await tab.getByRole("button", { name: "Begin" }).click();
    const letters = (await tab.locator(".key").textContent()).replace(/[^A-Z2-7]/g, "");
    await tab.getByLabel(/code/i).fill(code(letters));
    await tab.getByRole("button", { name: "Turn on" }).click();
    await tab.getByRole("link", { name: "I have kept them" }).click();
    const other = await newTab({ ...site, state: undefined });
    await other.goto("/sign-in");
    await other.getByLabel("E-mail address").fill(demo.email);
    await other.getByLabel("Password").fill(demo.password);
    await other.getByRole("button", { name: "Sign in" }).click();
    await other.waitForURL(/code/);
    places.set("/sign-in/code", "/sign-in/code");
    site.halfway = await other.context().storageState();
    await other.context().close();
  },
];

// RFC 6238.
function code(letters) {
  const bits = [...letters].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", key).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

// Follows links until every kind of page was opened that a link leads to.
async function crawl(tab) {
  const all = patterns();
  const queue = ["/", "/styleguide", "/costs/product?sku=BED-BLU-2", ...places.values()];
  const seen = new Map();
  const missing = () => all.some((pattern) => !places.has(pattern) && !OUTSIDE.includes(pattern));
  for (let visits = 0; missing() && queue.length > 0 && visits < MOST_VISITS; visits += 1) {
    const response = await tab.request.get(queue.shift());
    const html = await response.text();
    keep(response.url());
    for (const [, raw] of html.matchAll(/(?:href|action)="(\/[^"]*)/g)) {
      const href = raw.replaceAll("&amp;", "&").replace(/&#(\d+);/g, (_, number) => String.fromCharCode(number));
      const { pathname, searchParams } = new URL(href, site.url);
      const pattern = patternOf(pathname, all);
      if (!pattern || searchParams.has("format") || searchParams.has("download")) continue;
      // A page and what its parameters make of it: each pattern a few times, with other parameters.
      const kind = `${pattern}?${[...searchParams.keys()].sort().slice(0, 2).join("&")}`;
      const times = seen.get(kind) ?? 0;
      if (times >= 2) continue;
      seen.set(kind, times + 1);
      keep(href);
      queue.push(href);
    }
  }
}

test("every kind of page is found", () => {
  // Without something to say that page is not there.
  const address = (pattern) => (pattern === "/address" ? "/address?said=stopped" : pattern);
  for (const pattern of OUTSIDE) if (!pattern.includes("{")) places.set(pattern, address(pattern));
  assert.deepEqual(patterns().filter((pattern) => !places.has(pattern)), []);
});

for (const { name, options } of LOOKS) {
  test(`axe finds nothing and nothing overflows: ${name}`, async () => {
    const inside = await newTab(site, options);
    const outside = await newTab({ ...site, state: undefined }, options);
    const halfway = await newTab({ ...site, state: site.halfway }, options);
    const breaches = [];
    for (const [pattern, place] of places) {
      const tab = pattern === "/sign-in/code" ? halfway : OUTSIDE.includes(pattern) ? outside : inside;
      const response = await tab.goto(place);
      // The demo takes nobody in.
      const usual = pattern === "/register" ? 403 : 200;
      if (response.status() !== usual) breaches.push(`${place}: ${response.status()}`);
      breaches.push(...(await look(tab)).map((what) => `${place}: ${what}`));
    }
    for (const tab of [inside, outside, halfway]) await tab.context().close();
    assert.deepEqual(breaches, []);
  });
}

async function look(tab) {
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate((tags) => axe.run(document, { runOnly: tags }), RULES);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return wide > 0 ? [...found, `${wide} px too wide`] : found;
}
