// The statement: months side by side, lines that open to their accounts, GST as printed by Amazon, figures explained.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { listen, newTab, settlement, startWithBooks } from "./server.mjs";

let site;
// With a GSTIN: GST on fees is claimed back, so that it is set apart.
before(async () => { site = await startWithBooks((site) => [settlement(site, "50001000011.txt", 4_000, 5), settlement(site, "50001000021.txt", 600, 6)], { gstin: "29AAPFU0939F1ZR" }); });
after(async () => { await site?.stop(); });

const page = (options) => newTab(site, options);

const amount = async (row, at) => (await row.getByRole("cell").nth(at).innerText()).replace(/[₹≈\s]/g, "");

test("months stand side by side, open to their accounts, and each cell is explained with its own sum", async () => {
  const complaints = [];
  const tab = await page();
  listen(tab, complaints);
  await tab.goto("/statement");
  await tab.getByRole("navigation", { name: "Columns" }).getByRole("link", { name: "Months" }).click();
  await tab.getByRole("heading", { name: /^Profit, Financial year/ }).waitFor();
  const months = await tab.getByRole("columnheader").count() - 2;
  assert.ok(months >= 1);

  const sales = tab.getByRole("row", { name: /^Product sales/ });
  assert.equal(await sales.isVisible(), false);
  await tab.locator("summary", { hasText: "Net sales" }).click();
  assert.equal(await sales.isVisible(), true);
  // By keyboard as well.
  await tab.locator("summary", { hasText: "Net sales" }).focus();
  await tab.keyboard.press("Enter");
  assert.equal(await sales.isVisible(), false);
  await tab.keyboard.press("Enter");

  const shown = await amount(sales, 0);
  await sales.getByRole("link").first().click();
  await tab.getByRole("heading", { name: "Product sales" }).waitFor();
  assert.equal((await tab.locator(".explained b").innerText()).replace("₹", ""), shown);
  await tab.getByText("The sum of").waitFor();
  await tab.getByRole("link", { name: /^line / }).first().click();
  assert.match(await tab.getByLabel("Line as Amazon wrote it").textContent(), /\tPrincipal\t/);
  assert.deepEqual(complaints, []);
  await tab.context().close();
});

test("as printed by Amazon stays through links, without script and on a phone", async () => {
  const tab = await page({ javaScriptEnabled: false, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await tab.goto("/statement");
  const advertising = tab.getByRole("row", { name: /^Advertising/ });
  const apart = await amount(advertising, 0);
  await tab.getByRole("link", { name: "As printed by Amazon" }).click();
  await tab.getByRole("heading", { name: /, as printed by Amazon$/ }).waitFor();
  const printed = await amount(advertising, 0);
  assert.notEqual(printed, apart);
  await advertising.getByRole("link").click();
  await tab.getByRole("heading", { name: "Advertising, as printed by Amazon" }).waitFor();
  assert.equal((await tab.locator(".explained b").innerText()).replace("₹", ""), printed);
  assert.equal(await tab.getByText("≈ estimate").count(), 0);
  await tab.getByRole("link", { name: "Show with GST set apart" }).click();
  assert.equal((await tab.locator(".explained b").innerText()).replace("₹", ""), apart);

  await tab.goto("/statement?gst=printed&by=month");
  await tab.getByRole("link", { name: "Trial balance" }).click();
  await tab.getByText("sums to ₹0.00").waitFor();
  await tab.getByRole("link", { name: "Balance at Amazon" }).click();
  await tab.getByRole("heading", { name: /^Party ledger/ }).first().waitFor();
  await tab.getByRole("link", { name: "Files", exact: true }).first().click();
  await tab.getByText("lines sum to the total").first().waitFor();
  await tab.getByRole("link", { name: "Why this differs from Seller Central" }).click();
  await tab.getByRole("heading", { name: "Where a day begins" }).waitFor();
  await tab.context().close();
});

test("the first column stays while months go by, and the page itself does not widen", async () => {
  const tab = await page({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await tab.goto("/statement?from=2026-06-01&to=2026-12-31&by=month");
  const table = tab.getByRole("group", { name: "Profit statement" });
  const label = table.getByRole("rowheader", { name: "Referral fees" });
  const before = await label.boundingBox();
  await table.evaluate((box) => { box.scrollLeft = box.scrollWidth; });
  const after = await label.boundingBox();
  assert.equal(Math.round(before.x), Math.round(after.x));
  assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), false);
  await tab.context().close();
});
