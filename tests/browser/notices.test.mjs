// What one gets, without script; and every mail as a phone shows it, with nothing fetched from anywhere.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { listen, newTab, startWithBooks } from "./server.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let site;
before(async () => { site = await startWithBooks(() => []); });
after(async () => { await site?.stop(); });

const page = (options) => newTab(site, options);

test("one agrees to the week's figures, withdraws, and sees both on record", async () => {
  const tab = await page({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  await tab.goto("/notices");
  await tab.getByRole("heading", { name: "No notices" }).waitFor();
  await tab.getByRole("link", { name: "What you get" }).click();
  const box = tab.getByLabel(/^Send me the figures of this business/);
  assert.equal(await box.isChecked(), false, "nothing is agreed to beforehand");
  await tab.getByText("No mail server is set up").waitFor();
  await box.check();
  await tab.getByRole("button", { name: "Save" }).click();
  await tab.getByText("Your choice is saved.").waitFor();
  assert.equal(await box.isChecked(), true);
  await box.uncheck();
  await tab.getByRole("button", { name: "Save" }).click();
  await tab.getByText("withdrawn", { exact: true }).waitFor();
  await tab.getByText("agreed", { exact: true }).waitFor();
  await tab.goto("/messages");
  await tab.getByRole("heading", { name: "Nothing was sent yet" }).waitFor();
  await tab.context().close();
});

test("every mail fits a phone, is readable for all, and fetches nothing", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const complaints = [];
    const tab = await page({ colorScheme, viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
    listen(tab, complaints);
    await tab.goto("/styleguide/mail");
    const links = await tab.getByRole("link", { name: /^As a mail client shows it/ }).evaluateAll((all) => all.map((one) => one.getAttribute("href")));
    assert.ok(links.length >= 12);
    // The preview's policy lets no script in, so the check runs on a copy of each mail.
    const copy = await (await site.browser.newContext({ colorScheme, viewport: { width: 360, height: 740 }, isMobile: true })).newPage();
    for (const link of links) {
      const html = await (await tab.goto(link)).text();
      await copy.setContent(html);
      const wide = await copy.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${link} is ${wide} px too wide`);
      await copy.evaluate(axe);
      const found = await copy.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
      assert.deepEqual(found.violations.map((one) => `${one.id}: ${one.nodes[0].html}`), [], `${link}, ${colorScheme}`);
    }
    await copy.context().close();
    assert.deepEqual(complaints, []);
    await tab.context().close();
  }
});
