// Costs, expenses and month close in a real browser, the sheet and the close without script.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newTab, settlement, startWithBooks } from "./server.mjs";

let site;
before(async () => { site = await startWithBooks((site) => [settlement(site, "50001000011.txt", 3_000, 5)]); });
after(async () => { await site?.stop(); });

const page = (options) => newTab(site, options);

test("a sheet is looked at and accepted without script", async () => {
  const tab = await page({ javaScriptEnabled: false });
  await tab.goto("/costs");
  const link = tab.locator("tbody th a").first();
  const sku = await link.textContent();
  await tab.getByRole("link", { name: "Upload a sheet" }).click();
  const sheet = `sku,from,goods\n${sku},2020-01-01,185.50\nB,2020-01-01,ten\n`;
  await tab.getByLabel("Choose a sheet").setInputFiles({ name: "costs.csv", mimeType: "text/csv", buffer: Buffer.from(sheet) });
  await tab.getByRole("button", { name: "Look at it" }).click();
  assert.match(await tab.getByRole("row", { name: /^3 goods/ }).textContent(), /`ten` is no amount/);
  await tab.getByRole("button", { name: "Save 1 cost, leave out 1 bad row" }).click();
  await tab.getByText("The costs of the sheet are saved.").waitFor();
  await tab.goto(`/costs?q=${sku}`);
  assert.match(await tab.locator("tbody tr").first().textContent(), /₹185\.50/);
  await tab.context().close();
});

test("a cost is added by keyboard on a phone, and shows on the timeline", async () => {
  const tab = await page({ viewport: { width: 390, height: 844 } });
  await tab.goto("/costs?show=missing");
  await tab.locator("tbody th a").first().click();
  await tab.getByLabel("From").fill("2020-01-01");
  await tab.getByLabel("Goods").fill("99.5");
  await tab.getByLabel("Goods").press("Enter");
  await tab.getByText("The cost is saved.").waitFor();
  assert.equal(await tab.getByRole("listitem", { name: /All marketplaces: from 1 Jan 2020: ₹99\.50/ }).count(), 1);
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px too wide`);
  await tab.context().close();
});

test("a month is closed with its gaps seen, an expense changes it, and it is opened again", async () => {
  const tab = await page({ javaScriptEnabled: false });
  await tab.goto("/close");
  await tab.locator("tbody tr", { hasNotText: "not over" }).last().getByRole("link").click();
  await tab.getByRole("button", { name: /^Close / }).click();
  await tab.getByText("Each gap is confirmed by its box.").waitFor();
  for (const box of await tab.locator("input[type=checkbox]").all()) await box.check();
  await tab.getByRole("button", { name: /^Close / }).click();
  await tab.getByText("nothing has changed since the close").waitFor();
  const month = tab.url().match(/(\d{4}-\d\d)/)[1];
  await tab.goto("/expenses");
  await tab.getByLabel("What for").fill("Rent");
  await tab.getByLabel("Amount").fill("1,800");
  await tab.getByLabel("First paid on").fill(`${month}-05`);
  await tab.getByRole("button", { name: "Add" }).click();
  await tab.getByText("The expense is added.").waitFor();
  await tab.goto(`/close/${month}/INR`);
  assert.match(await tab.getByRole("row", { name: /^Indirect expense: rent/ }).textContent(), /−₹1,800\.00/);
  await tab.getByLabel("Why it is opened again").fill("The rent was missing");
  await tab.getByRole("button", { name: "Open it again" }).click();
  await tab.getByRole("cell", { name: "The rent was missing" }).waitFor();
  await tab.context().close();
});
