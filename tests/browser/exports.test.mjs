// Downloads and books in a real browser: each form is saved, opened and read; the bank's word and a ledger are kept.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { listen, newTab, settlement, startWithBooks } from "./server.mjs";

let site;
before(async () => { site = await startWithBooks((site) => [settlement(site, "50001000011.txt", 3_000, 5), settlement(site, "50001000021.txt", 500, 6)]); });
after(async () => { await site?.stop(); });

const page = (options) => newTab(site, { acceptDownloads: true, ...options });

// Clicks a link and gives the name and the bytes of what was saved.
async function save(tab, link) {
  const waiting = tab.waitForEvent("download");
  await link.click();
  const download = await waiting;
  assert.equal(await download.failure(), null);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

// Rows of a CSV file; no cell here holds a line break.
function csv(bytes) {
  const text = bytes.toString("utf8");
  assert.equal(text.charCodeAt(0), 0xfeff, "spreadsheets on Windows need the mark");
  return text.slice(1).trim().split("\n").map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((cell) => cell[1]?.replaceAll('""', '"') ?? cell[2]));
}

// The parts of a zip, by its central directory.
function unzip(bytes) {
  const parts = new Map();
  let at = bytes.readUInt32LE(bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1")) + 16);
  while (bytes.readUInt32LE(at) === 0x02014b50) {
    const [method, packed, name, extra, comment, local] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42)];
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(start, start + packed);
    parts.set(bytes.toString("utf8", at + 46, at + 46 + name), (method === 8 ? inflateRawSync(content) : content).toString("utf8"));
    at += 46 + name + extra + comment;
  }
  return parts;
}

// An XML document as the browser reads it, asked by a function. On a page of its own: ours allow no such script.
async function parsed(tab, xml, ask) {
  const blank = await tab.context().newPage();
  const found = await blank.evaluate(([text, body]) => {
    const document = new DOMParser().parseFromString(text, "text/xml");
    if (document.querySelector("parsererror")) throw new Error(document.querySelector("parsererror").textContent);
    return new Function("document", `return (${body})(document)`)(document);
  }, [xml, ask.toString()]);
  await blank.close();
  return found;
}

test("the statement is saved as a workbook and its tables as CSV, by keyboard", async () => {
  const tab = await page();
  const complaints = [];
  listen(tab, complaints);
  await tab.goto("/statement");
  await tab.locator("summary", { hasText: "Download" }).focus();
  await tab.keyboard.press("Enter");
  const workbook = await save(tab, tab.getByRole("link", { name: "All tables, XLSX" }));
  assert.match(workbook.name, /^kurta-house_profit_\d{4}-\d\d\.xlsx$/);
  const parts = unzip(workbook.bytes);
  const names = [...parts.get("xl/workbook.xml").matchAll(/<sheet name="([^"]+)"/g)].map((found) => found[1]);
  assert.deepEqual(names, ["Profit statement", "From profit to the total", "Balance at Amazon", "Settlements", "Where net sales went"]);
  assert.ok(![...parts.values()].some((part) => part.includes("<f>")), "no formulas");
  const statement = await save(tab, tab.getByRole("link", { name: "Profit statement, CSV" }));
  assert.match(statement.name, /^kurta-house_profit-profit-statement_\d{4}-\d\d\.csv$/);
  const [header, ...rows] = csv(statement.bytes);
  assert.deepEqual(header, ["Line", "Part", "Amount", "Currency", "Share of net sales", "Note"]);
  // What the file says stands on the page, in the page's own form.
  const sales = rows.find((row) => row[0] === "Net sales");
  const shown = `₹${Number(sales[2]).toLocaleString("en-IN", { minimumFractionDigits: 2 })}`;
  assert.ok((await tab.locator("main").textContent()).includes(shown), shown);
  assert.deepEqual(complaints, []);
  await tab.context().close();
});

test("every line behind a figure is in the file, and they sum to it", async () => {
  const tab = await page({ javaScriptEnabled: false });
  await tab.goto("/lines");
  const total = (await tab.locator(".explained b").textContent()).replaceAll(/[₹,\s]/g, "").replace("−", "-");
  await tab.locator("summary", { hasText: "Download" }).click();
  const lines = await save(tab, tab.getByRole("link", { name: "CSV", exact: true }));
  assert.match(lines.name, /^kurta-house_lines-all-lines_all-days\.csv$/);
  const [header, ...rows] = csv(lines.bytes);
  assert.ok(rows.length >= 3_500, `${rows.length} lines`);
  const paise = (text) => BigInt(text.replace(".", ""));
  const sum = rows.map((row) => paise(row[header.indexOf("Amount")])).reduce((one, other) => one + other, 0n);
  assert.equal(sum, paise(total));
  await tab.context().close();
});

test("Tally's files are well-formed, every voucher sums to nothing, and a second export has the same ids", async () => {
  const tab = await page();
  await tab.goto("/books");
  const masters = await save(tab, tab.getByRole("link", { name: "1. Masters, XML" }));
  assert.match(masters.name, /_tally-masters_fy-\d{4}-\d\d\.xml$/);
  const ledgers = await parsed(tab, masters.bytes.toString("utf8"), (document) => [...document.querySelectorAll("LEDGER")].map((ledger) => ledger.getAttribute("NAME")));
  assert.ok(ledgers.includes("Amazon Seller Services") && ledgers.includes("Bank Account"), String(ledgers));
  const read = async (file) => parsed(tab, file.bytes.toString("utf8"), (document) => [...document.querySelectorAll("VOUCHER")].map((voucher) => ({
    id: voucher.getAttribute("REMOTEID"),
    sum: [...voucher.children].filter((entry) => entry.tagName === "ALLLEDGERENTRIES.LIST").map((entry) => Math.round(100 * Number([...entry.children].find((child) => child.tagName === "AMOUNT").textContent))).reduce((one, other) => one + other, 0),
  })));
  const first = await read(await save(tab, tab.getByRole("link", { name: "2. Vouchers, XML" })));
  assert.ok(first.length > 2 && first.every((voucher) => voucher.sum === 0), JSON.stringify(first));
  // The bank's word, typed into the table by keyboard, changes dates and no id.
  await tab.goto("/books/payouts");
  await tab.getByLabel(/^UTR of/).first().fill("AXISCN0123456789");
  const deposit = (await tab.locator("table.payouts tbody td.second").first().textContent()).replace("deposit ", "");
  const day = new Date(`${deposit} UTC`).toISOString().slice(0, 10);
  await tab.getByLabel(/^Bank date of/).first().fill(day);
  await tab.getByLabel(/^UTR of/).first().press("Enter");
  await tab.getByText("The vouchers carry the bank’s dates").waitFor();
  await tab.goto("/books");
  const second = await read(await save(tab, tab.getByRole("link", { name: "2. Vouchers, XML" })));
  assert.deepEqual(second.map(({ id }) => id).sort(), first.map(({ id }) => id).sort());
  const journal = await save(tab, tab.getByRole("link", { name: "CSV", exact: true }));
  assert.ok(csv(journal.bytes).some((row) => row.includes("AXISCN0123456789")));
  await tab.context().close();
});

test("a ledger is renamed and marked as existing on a phone, without script", async () => {
  const tab = await page({ viewport: { width: 390, height: 844 }, javaScriptEnabled: false });
  await tab.goto("/books/ledgers");
  await tab.getByLabel("Ledger of Bank account that is paid into").fill("HDFC 1234");
  await tab.getByLabel("exists for Bank account that is paid into").check();
  await tab.getByRole("button", { name: "Keep these ledgers" }).click();
  await tab.getByText("The ledgers are kept.").waitFor();
  await tab.goto("/books");
  const masters = await save(tab, tab.getByRole("link", { name: "1. Masters, XML" }));
  assert.ok(!masters.bytes.toString("utf8").includes("HDFC 1234"), "importing it again would overwrite its group");
  const vouchers = await save(tab, tab.getByRole("link", { name: "2. Vouchers, XML" }));
  assert.ok(vouchers.bytes.toString("utf8").includes("HDFC 1234"));
  await tab.goto("/books/ledgers");
  await tab.getByLabel("Ledger of Amazon, who holds the money").fill("HDFC 1234");
  await tab.getByRole("button", { name: "Keep these ledgers" }).click();
  await tab.getByText("Nothing was kept").waitFor();
  assert.equal(await tab.getByLabel("Ledger of Amazon, who holds the money").inputValue(), "HDFC 1234");
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px too wide`);
  await tab.context().close();
});

test("every menu of a page head opens within the screen of a phone", async () => {
  const tab = await page({ viewport: { width: 390, height: 844 } });
  for (const path of ["/", "/statement", "/lines?group=fees", "/settlements/1", "/costs", "/books"]) {
    await tab.goto(path);
    for (const menu of await tab.locator(".head details.scope").all()) {
      await menu.locator("summary").click();
      const { x, width } = await menu.locator("> .sheet").boundingBox();
      assert.ok(x >= 0 && x + width <= 390, `${path}: ${await menu.locator("summary").textContent()} from ${x} to ${x + width}`);
      await menu.locator("summary").click();
    }
  }
  await tab.context().close();
});

test("turnover is left to the tax reports for a year, and the page says what that means", async () => {
  const tab = await page();
  await tab.goto("/books");
  await tab.getByLabel("Turnover and GST collected").selectOption("Leave it to the tax reports (MTR)");
  await tab.getByRole("button", { name: /^Keep for/ }).click();
  await tab.getByText("The choice is kept.").waitFor();
  assert.equal(await tab.getByRole("row", { name: /^Amazon Sales Clearing/ }).count(), 1);
  assert.equal(await tab.getByRole("row", { name: /^Output GST/ }).count(), 0);
  await tab.getByText("left to the tax reports", { exact: true }).waitFor();
  await tab.context().close();
});
