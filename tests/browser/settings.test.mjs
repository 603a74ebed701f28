// The tax setting in a real browser: looked at, made and undone without script; the list of files on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newTab, settlement, startWithBooks } from "./server.mjs";

let site;
before(async () => { site = await startWithBooks((site) => [settlement(site, "50001000011.txt", 3_000, 5)]); });
after(async () => { await site?.stop(); });

const page = (options) => newTab(site, options);

test("a setting is looked at, made and undone without script", async () => {
  const tab = await page({ javaScriptEnabled: false });
  await tab.goto("/settings/tax");
  await tab.getByText("none was given").waitFor();
  await tab.getByLabel("GST on Amazon’s fees is").selectOption("yes");
  await tab.getByRole("button", { name: "Look at what changes" }).click();
  const gain = await tab.getByRole("row", { name: /^All together/ }).locator("td").textContent();
  assert.match(gain, /^\+₹[\d,]+\.\d\d$/);
  await tab.getByRole("button", { name: "Change it" }).click();
  await tab.getByText("The setting is made.").waitFor();
  // The page asks for itself again until every line follows.
  await tab.getByText("Posting anew").waitFor({ state: "detached" });
  await tab.getByRole("link", { name: /^Undo/ }).click();
  const loss = await tab.getByRole("row", { name: /^All together/ }).locator("td").textContent();
  assert.equal(loss, gain.replace("+", "−"));
  await tab.getByRole("button", { name: "Undo it" }).click();
  await tab.getByRole("row", { name: /undone/ }).waitFor();
  await tab.context().close();
});

test("a wrong day is told beside its field, by keyboard on a phone", async () => {
  const tab = await page({ viewport: { width: 390, height: 844 } });
  await tab.goto("/settings/tax/change?credit=no&from=2026-02-31");
  await tab.getByText("`2026-02-31` is no day").waitFor();
  await tab.getByLabel("From posting day").fill("2020-01-01");
  await tab.keyboard.press("Enter");
  await tab.getByRole("heading", { name: "GST on fees is a cost, from 1 Jan 2020 on" }).waitFor();
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px too wide`);
  await tab.context().close();
});

test("all files are listed and lead to their settlements, on a phone too", async () => {
  const tab = await page({ viewport: { width: 390, height: 844 } });
  await tab.goto("/uploads");
  const row = tab.getByRole("table", { name: "" }).getByRole("row", { name: /50001000011\.txt/ });
  assert.match(await row.textContent(), /Flat file V2.*in the figures/s);
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px too wide`);
  await row.getByRole("link", { name: /^\d+$/ }).click();
  await tab.getByRole("heading", { name: /^Settlement / }).first().waitFor();
  await tab.context().close();
});
