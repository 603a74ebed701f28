// The platform's staff, without script: an administrator made by command turns codes on and assigns an account manager,
// who works in a business; its owner sees it and ends it. And axe on every page on the way.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ecom, listen, newTab, owner, settlement, shots, startWithBooks } from "./server.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const PASSWORD = "Monsoon-tea-kettle-7";
const LOOKS = [
  { name: "desktop", viewport: { width: 1320, height: 900 }, colorScheme: "light" },
  { name: "phone", viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true },
  { name: "narrow", viewport: { width: 320, height: 640 }, colorScheme: "light", isMobile: true, hasTouch: true },
];

let site;
before(async () => {
  site = await startWithBooks((site) => [settlement(site, "50001000011.txt", 500, 5)]);
  if (shots) mkdirSync(shots, { recursive: true });
});
after(async () => { await site?.stop(); });

// One of the staff, made on the server: gives the password that was printed.
function made(email, role, name) {
  const command = ["admin", "staff", "add", "--data", join(site.folder, "data"), "--email", email, "--role", role, "--name", name];
  return execFileSync(ecom, command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

// A code by time, RFC 6238, as an app makes it.
function code(letters, at = Date.now()) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...letters].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = hash[19] & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

// Signs in for the first time: another password, codes on. Gives the tab.
async function begun(email, given) {
  const context = await site.browser.newContext({ baseURL: site.url, javaScriptEnabled: false });
  const tab = await context.newPage();
  tab.setDefaultTimeout(15_000);
  await tab.goto("/sign-in");
  await tab.getByLabel("E-mail address").fill(email);
  await tab.getByLabel("Password").fill(given);
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByRole("heading", { name: "Change your password" }).waitFor();
  await tab.getByText("The operator gave you this password").waitFor();
  await tab.getByLabel("Your password now").fill(given);
  await tab.getByLabel("New password").fill("correct horse battery");
  await tab.getByRole("button", { name: "Change the password" }).click();
  await tab.getByText("all four kinds").waitFor();
  await tab.getByLabel("Your password now").fill(given);
  await tab.getByLabel("New password").fill(PASSWORD);
  await tab.getByRole("button", { name: "Change the password" }).click();
  await tab.getByText("Your password is changed").waitFor();
  await tab.goto("/staff");
  await tab.getByRole("heading", { name: "The staff need a second factor" }).waitFor();
  await tab.getByLabel("Your password").fill(PASSWORD);
  await tab.getByRole("button", { name: "Begin" }).click();
  const letters = await tab.locator(".key").textContent();
  await tab.getByLabel("Code").fill(code(letters.trim()));
  await tab.getByRole("button", { name: "Turn on" }).click();
  await tab.getByRole("heading", { name: "Keep these recovery codes" }).waitFor();
  await tab.goto("/staff");
  await tab.getByRole("heading", { name: "Staff of the platform" }).waitFor();
  return tab;
}

async function check(cookies, pages) {
  const breaches = [];
  for (const look of LOOKS) {
    const { name, ...options } = look;
    const context = await site.browser.newContext({ baseURL: site.url, reducedMotion: "reduce", ...options });
    await context.addCookies(cookies);
    const tab = await context.newPage();
    const complaints = [];
    listen(tab, complaints);
    for (const [title, path] of pages) {
      const answer = await tab.goto(path);
      assert.equal(answer.status(), 200, path);
      await tab.evaluate(axe);
      const { violations } = await tab.evaluate((tags) => axe.run(document, { runOnly: tags }), RULES);
      breaches.push(...violations.map(({ id, nodes }) => `${title} ${name}: ${id} ${nodes[0].html.slice(0, 160)}`));
      const wide = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) breaches.push(`${title} ${name}: ${wide} px too wide`);
      if (shots) await tab.screenshot({ path: join(shots, `${title}-${name}.png`), fullPage: true });
    }
    breaches.push(...complaints);
    await context.close();
  }
  assert.deepEqual(breaches, []);
}

test("staff enter a business for a reason; its owner sees it and ends it", async () => {
  const dev = await begun("dev@platform.example", made("dev@platform.example", "administrator", "Dev Shah"));
  const gita = await begun("gita@platform.example", made("gita@platform.example", "account-manager", "Gita Pillai"));
  await gita.goto("/staff/businesses");
  await gita.getByRole("heading", { name: "You are assigned to no business" }).waitFor();

  await dev.getByRole("link", { name: "Assignments" }).first().click();
  await dev.getByLabel("Who may enter").selectOption({ label: "Gita Pillai, account manager" });
  await dev.getByLabel("Which business").fill("Kurta House (no. 1)");
  await dev.getByLabel("Why", { exact: true }).fill("Ticket 4711: enters the expenses of September");
  await dev.getByRole("button", { name: "Let them in" }).click();
  await dev.getByText("Its owners were told.").waitFor();

  const asha = await newTab(site, { javaScriptEnabled: false });
  await asha.goto("/notices");
  await asha.getByText("Gita Pillai (account manager of the platform) may look at your books").waitFor();

  await gita.goto("/staff/businesses");
  await gita.getByRole("button", { name: "Open the books of Kurta House" }).click();
  await gita.getByText("You are here as account manager").waitFor();
  await gita.goto("/expenses");
  await gita.getByText("Ticket 4711: enters the expenses of September").waitFor();
  await gita.getByLabel("What for").fill("Rent");
  await gita.getByLabel("Amount").fill("1,800");
  await gita.getByLabel("First paid on").fill("2026-09-05");
  await gita.getByRole("button", { name: "Add" }).click();
  await gita.getByText("The expense is added.").waitFor();

  // Every page that is new, in all looks.
  const staff = [["staff", "/staff"], ["staff-businesses", "/staff/businesses"], ["staff-people", "/staff/people"],
    ["staff-end", "/staff/people/2/end"], ["assignments", "/staff/assignments?which=all"], ["assignment-end", "/staff/assignments/1/end"],
    ["review", "/staff/review"], ["review-end", "/staff/review/answers?kind=assignment&id=1"], ["jobs", "/staff/jobs"], ["jobs-done", "/staff/jobs?state=done"], ["record", "/staff/audit"]];
  await check(await dev.context().cookies(), staff);
  await check(await gita.context().cookies(), [["visit-home", "/"], ["visit-statement", "/statement"], ["own-account", "/account"]]);
  await check(site.state.cookies, [["people-staff", "/people/staff"], ["people-staff-end", "/people/staff/1/end"]]);

  await asha.goto("/audit");
  await asha.getByRole("row", { name: /Gita Pillai \(account manager of the platform\) entered an expense/ }).waitFor();
  await asha.getByRole("row", { name: /Gita Pillai \(account manager of the platform\) looked at the books/ }).waitFor();
  await asha.goto("/people");
  await asha.getByRole("link", { name: "Staff of the platform" }).click();
  await asha.getByRole("link", { name: "End it for Gita Pillai" }).click();
  await asha.getByRole("button", { name: "End it" }).click();
  await asha.getByText("They see nothing of your books any more.").waitFor();

  assert.equal((await gita.goto("/statement")).status(), 404);
  await gita.getByRole("link", { name: "Ecom Assistance" }).first().click();
  await gita.getByRole("heading", { name: "Staff of the platform" }).waitFor();
  assert.equal(owner.business, "Kurta House");
  const verified = execFileSync(ecom, ["audit", "verify", "--data", join(site.folder, "data")], { encoding: "utf8" });
  assert.match(verified, /^platform: \d+ entries, whole/);
  for (const tab of [dev, gita, asha]) await tab.context().close();
});
