// Products in a real browser: the table, one product with what came back, trends, the best and the worst.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { listen, newTab, settlement, startWithBooks } from "./server.mjs";

let site;
before(async () => { site = await startWithBooks((site) => [settlement(site, "50001000011.txt", 3_000, 5)]); });
after(async () => { await site?.stop(); });

const page = (options) => newTab(site, options);

// A product that sold something, by its SKU and its page.
async function sold(tab) {
  await tab.goto("/products?sort=-units");
  const link = tab.locator("tbody th a").first();
  return { sku: await link.textContent(), href: await link.getAttribute("href") };
}

test("products are searched, sorted and shown in chosen columns without script, and the address says it all", async () => {
  const tab = await page({ javaScriptEnabled: false });
  await tab.goto("/");
  await tab.getByRole("link", { name: "Products", exact: true }).click();
  await tab.getByRole("heading", { name: /^Products, / }).waitFor();
  await tab.locator("summary", { hasText: "Columns and order" }).click();
  for (const box of await tab.locator("input[name=col]").all()) await box.uncheck();
  await tab.getByLabel("Units sold").check();
  await tab.getByLabel("Referral fees").check();
  await tab.getByLabel("Break-even ads").check();
  await tab.getByLabel("Order", { exact: true }).selectOption("Units sold, highest first");
  await tab.getByRole("button", { name: "Show these columns" }).click();
  assert.deepEqual((await tab.locator("thead th").allTextContents()).map((text) => text.trim()), ["Product", "Units sold ↓", "Referral fees", "Break-even ads"]);
  await tab.getByRole("link", { name: "Referral fees" }).click();
  const header = tab.getByRole("columnheader", { name: "Referral fees" });
  assert.equal(await header.getAttribute("aria-sort"), "ascending");
  const name = await tab.locator("tbody th a").nth(2).textContent();
  await tab.getByLabel("Search by SKU").fill(name.toLowerCase());
  await tab.getByRole("button", { name: "Search" }).click();
  assert.equal(await tab.locator("tbody th a").first().textContent(), name);
  await tab.reload();
  assert.equal(await header.getAttribute("aria-sort"), "ascending");
  assert.equal(await tab.getByLabel("Search by SKU").inputValue(), name.toLowerCase());
  await tab.getByRole("link", { name: "Nothing sold" }).click();
  await tab.getByText("No product fits.").waitFor();
  await tab.context().close();
});

test("a figure of a product opens its lines, and its page tells its history", async () => {
  const complaints = [];
  const tab = await page();
  listen(tab, complaints);
  const { sku } = await sold(tab);
  const amount = await tab.locator("tbody tr").first().locator("td").nth(2).getByRole("link").textContent();
  assert.match(amount, /₹/);
  await tab.locator("tbody tr").first().locator("td").nth(2).getByRole("link").click();
  await tab.getByRole("heading", { name: "Amazon fees" }).waitFor();
  assert.ok((await tab.locator("tbody tr").count()) > 0);
  await tab.goBack();
  await tab.getByRole("link", { name: sku, exact: true }).click();
  await tab.getByRole("heading", { name: sku, level: 1 }).waitFor();
  const month = tab.getByRole("group", { name: "Month by month" }).getByRole("row").nth(1);
  const profit = await month.locator("td").nth(8).getByRole("link").textContent();
  await month.locator("td").nth(8).getByRole("link").click();
  await tab.getByRole("heading", { name: "Net profit" }).waitFor();
  await tab.goBack();
  await month.getByRole("link").first().click();
  await tab.locator("tr.chosen").waitFor();
  assert.ok((await tab.locator("tr.chosen").textContent()).includes(profit));
  assert.deepEqual(complaints, []);
  await tab.context().close();
});

test("what came back is entered and removed on a phone without script", async () => {
  const tab = await page({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  const { sku, href } = await sold(tab);
  await tab.goto(`/costs/product?sku=${sku}`);
  await tab.getByLabel("From").fill("2020-01-01");
  await tab.getByLabel("Goods").fill("100");
  await tab.getByRole("button", { name: "Add" }).click();
  await tab.getByText("The cost is saved.").waitFor();
  await tab.goto(href.split("?")[0]);
  const goods = async () => tab.locator(".tile", { hasText: "Cost of goods" }).locator(".unseen").textContent();
  const before = await goods();
  await tab.getByLabel("Units", { exact: true }).fill("many");
  await tab.getByRole("button", { name: "Enter" }).click();
  await tab.getByText("Give a whole number from 1 to").waitFor();
  assert.equal(await tab.getByLabel("Units", { exact: true }).inputValue(), "many");
  await tab.getByLabel("Units", { exact: true }).fill("1");
  await tab.getByRole("button", { name: "Enter" }).click();
  await tab.getByText("The units are entered.").waitFor();
  await tab.getByRole("row", { name: /^Came back, can be sold again.*₹100\.00/ }).waitFor();
  assert.notEqual(await goods(), before);
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px too wide`);
  await tab.getByRole("link", { name: /^Remove Came back/ }).click();
  await tab.getByText(/^1 unit on .*: came back, can be sold again/).waitFor();
  await tab.getByRole("button", { name: "Remove" }).click();
  await tab.getByText("The entry is removed.").waitFor();
  assert.equal(await goods(), before);
  await tab.context().close();
});

test("trends go by month or week, and a cell opens its lines", async () => {
  const tab = await page({ javaScriptEnabled: false });
  await tab.goto("/products");
  await tab.getByRole("link", { name: "By month and week" }).click();
  await tab.getByRole("heading", { name: "Profit by month" }).waitFor();
  await tab.getByLabel("By", { exact: true }).selectOption("Week");
  await tab.getByRole("button", { name: "Show" }).click();
  await tab.getByText("Profit is kept by month.").waitFor();
  await tab.getByRole("heading", { name: "Units sold by week" }).waitFor();
  const cell = tab.locator("td[class*=heat-] a").first();
  await cell.click();
  await tab.getByRole("heading", { name: "Product sales" }).waitFor();
  assert.ok((await tab.locator("tbody td.lead", { hasText: "Principal" }).count()) > 0);
  await tab.context().close();
});

test("the first page shows the best and the worst once they are found, and leads to them without script", async () => {
  const tab = await page();
  await tab.goto("/");
  await tab.getByRole("columnheader", { name: "Highest profit" }).waitFor();
  await tab.getByRole("link", { name: "All, worst first" }).click();
  await tab.getByRole("heading", { name: /^Products, / }).waitFor();
  assert.equal(await tab.getByRole("columnheader", { name: "Profit" }).getAttribute("aria-sort"), "ascending");
  await tab.context().close();

  const bare = await page({ javaScriptEnabled: false });
  await bare.goto("/");
  await bare.getByRole("link", { name: "Show them" }).click();
  await bare.getByRole("heading", { name: "Best and worst", exact: true }).waitFor();
  await bare.getByRole("columnheader", { name: "Lowest profit" }).waitFor();
  await bare.context().close();
});
