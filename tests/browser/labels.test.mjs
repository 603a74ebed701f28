// Labels and the search of lines in a real browser: a label leaves suspense and comes back, with script and without;
// lines are found by keyboard, sorted, and read as Amazon wrote them.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { listen, newTab, settlement, startWithBooks } from "./server.mjs";

let site;
let order;
before(async () => {
  site = await startWithBooks((site) => {
    // One line under a name that no rule knows; the sum of the file stays.
    const path = settlement(site, "50001000011.txt", 3_000, 5);
    const text = readFileSync(path, "utf8");
    const strange = text.replace("FBA Inventory Storage Fee\tBase fee", "FBA Inventory Storage Levy\tBase fee");
    assert.notEqual(strange, text);
    writeFileSync(path, strange);
    order = text.match(/\t(40\d-\d{7}-\d{7})\t/)[1];
    return [path];
  });
});
after(async () => { await site?.stop(); });

const page = (options) => newTab(site, options);

async function profit(tab) {
  await tab.goto("/statement?month=2026-09");
  return tab.getByRole("row", { name: /^Net profit/ }).first().textContent();
}

test("a label gets the account that a like one has, the figure leaves suspense, and undoing brings it back", async () => {
  const complaints = [];
  const tab = await page();
  listen(tab, complaints);
  const before = await profit(tab);
  await tab.goto("/");
  await tab.getByRole("link", { name: "Choose its account" }).click();
  assert.equal(await tab.getByRole("link", { name: "Labels 1 not understood" }).count(), 1);
  await tab.getByRole("link", { name: "Like “FBA Inventory Storage Fee”: Storage?" }).click();
  assert.equal(await tab.getByLabel("Account", { exact: true }).inputValue(), "expense:fee:storage");
  await tab.getByLabel("Inside the amount").check();
  await tab.getByRole("button", { name: "Show what it changes" }).click();
  const change = await tab.getByText(/^Profit falls by ₹/).textContent();
  await tab.getByRole("button", { name: "Make the rule" }).click();
  await tab.getByText("The rule is made.").waitFor();
  // The page tells by itself when the lines are posted.
  await tab.locator(".state", { hasText: "stands" }).waitFor();
  assert.equal(await tab.getByRole("cell", { name: "none", exact: true }).count(), 1);
  assert.equal(await tab.getByRole("row", { name: /^all days Storage Inside the amount your rule/ }).count(), 1);
  const after = await profit(tab);
  assert.notEqual(after, before, change);
  await tab.goto("/lines?account=suspense:unclassified");
  assert.equal(await tab.getByRole("link", { name: /^line / }).count(), 0);
  await tab.goto("/labels");
  await tab.getByText("Every label is understood.").waitFor();

  await tab.getByRole("link", { name: /^Undo the rule/ }).click();
  await tab.getByRole("heading", { name: "Undo this rule?" }).waitFor();
  await tab.getByText(/^Profit rises by ₹/).waitFor();
  await tab.getByRole("button", { name: "Undo the rule" }).click();
  await tab.locator(".state", { hasText: /^undone$/ }).waitFor();
  assert.equal(await profit(tab), before);
  assert.deepEqual(complaints, []);
  await tab.context().close();
});

test("without script, on a phone, what is wrong is said and the choice is made all the same", async () => {
  const tab = await page({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  await tab.goto("/labels");
  await tab.getByRole("link", { name: /^Choose its account/ }).click();
  await tab.getByLabel("From a day of your own on").check();
  await tab.getByRole("button", { name: "Show what it changes" }).click();
  await tab.getByText("Choose an account.").waitFor();
  await tab.getByText("Choose the first day.").waitFor();
  await tab.getByLabel("Account", { exact: true }).selectOption("Storage");
  await tab.getByLabel("First day").fill("2026-01-01");
  await tab.getByRole("button", { name: "Show what it changes" }).click();
  await tab.getByRole("button", { name: "Make the rule" }).click();
  await tab.getByText("The rule is made.").waitFor();
  // The page asks again by itself, as long as there is something to wait for.
  await tab.getByText("stands", { exact: true }).waitFor();
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth).catch(() => 0);
  assert.ok(wide <= 0, `the page is ${wide} px too wide`);
  await tab.getByRole("link", { name: /^Undo the rule/ }).click();
  await tab.getByRole("button", { name: "Undo the rule" }).click();
  // One more than the test before has left.
  await tab.getByText("undone", { exact: true }).nth(1).waitFor();
  await tab.context().close();
});

test("an order is found from the settlements by keyboard, and its lines are sorted", async () => {
  const complaints = [];
  const tab = await page();
  listen(tab, complaints);
  await tab.goto("/settlements");
  await tab.getByRole("searchbox").fill(order);
  await tab.keyboard.press("Enter");
  await tab.waitForURL(/\/search\?order=/);
  const lines = tab.locator("tbody tr");
  const count = await lines.count();
  assert.ok(count > 2);
  for (const text of await lines.allTextContents()) assert.ok(text.includes(order), text);
  const amounts = async () => (await tab.locator("tbody td.num").allTextContents()).map((text) => Number(text.replace("−", "-").replace(/[^0-9.-]/g, "")));
  await tab.getByRole("link", { name: "Amount", exact: true }).click();
  const up = await amounts();
  assert.deepEqual(up, [...up].sort((a, b) => a - b));
  assert.equal(await tab.getByRole("columnheader", { name: "Amount" }).getAttribute("aria-sort"), "ascending");
  await tab.getByRole("link", { name: "Amount", exact: true }).click();
  assert.deepEqual(await amounts(), [...up].reverse());
  await tab.getByLabel("Account").fill("expense:fee");
  await tab.getByLabel("Account").press("Enter");
  await tab.getByRole("heading", { name: /^\d+ lines?$/ }).waitFor();
  assert.ok((await lines.count()) < count);
  await tab.getByRole("link", { name: /^line / }).first().click();
  assert.match(await tab.getByLabel("Line as Amazon wrote it").textContent(), new RegExp(order));
  assert.deepEqual(complaints, []);
  await tab.context().close();
});

test("the lines of a settlement are searched without script on a phone, and a text that means several offers them", async () => {
  const tab = await page({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  await tab.goto("/settlements/1");
  await tab.locator("a[href='/settlements/1/lines']").first().click();
  await tab.getByLabel("Label").fill("storage levy");
  await tab.getByRole("button", { name: "Search" }).click();
  await tab.getByRole("heading", { name: "1 line", exact: true }).waitFor();
  await tab.getByLabel("Label").fill("commission");
  await tab.getByRole("button", { name: "Search" }).click();
  await tab.getByRole("link", { name: "Refund · ItemFees · Refund commission", exact: true }).click();
  await tab.getByRole("link", { name: "Amount", exact: true }).first().click();
  assert.match(tab.url(), /\/settlements\/1\/lines\?label_id=\d+&sort=amount/);
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth).catch(() => 0);
  assert.ok(wide <= 0, `the page is ${wide} px too wide`);
  await tab.getByLabel("SKU").fill("NO-SUCH-THING");
  await tab.getByRole("button", { name: "Search" }).click();
  await tab.getByText("No SKU begins with this.").waitFor();
  assert.equal(await tab.getByLabel("SKU").inputValue(), "NO-SUCH-THING");
  await tab.context().close();
});
