// Journeys through the pages in a real browser: with script, without it, by keyboard alone.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { listen, newTab, owner, register, settlement, start } from "./server.mjs";

let site;
before(async () => { site = await start(); });
after(async () => { await site?.stop(); });

const page = (options) => newTab(site, options);

async function signIn(page) {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill(owner.email);
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: /^Good / }).waitFor();
}

test("a person registers, imports a file, and follows a figure down to its line", async () => {
  const complaints = [];
  const tab = await page();
  listen(tab, complaints);
  await register(tab);
  // The session ends with the browser; what tells that the browser is known stays, and opens nothing.
  const all = await tab.context().cookies();
  assert.deepEqual(all.map(({ name }) => name).sort(), ["__Host-ecom", "__Host-ecom-device"]);
  const cookies = all.filter(({ name }) => name === "__Host-ecom");
  assert.deepEqual(cookies.map(({ name, secure, httpOnly, sameSite, expires }) => ({ name, secure, httpOnly, sameSite, expires })), [
    { name: "__Host-ecom", secure: true, httpOnly: true, sameSite: "Lax", expires: -1 },
  ]);

  await tab.getByRole("link", { name: "Import files" }).click();
  const files = [settlement(site, "50001000011.txt", 30_000, 5), settlement(site, "50001000021.txt", 400, 6)];
  await tab.getByLabel("Choose files").setInputFiles(files);
  await tab.getByRole("button", { name: "Import" }).click();
  await tab.getByText("balanced to the last paisa").nth(1).waitFor();
  assert.equal(await tab.locator(".state", { hasText: "in the figures" }).count(), 2);
  // A file may be in the books before the browser has heard that it was taken.
  await tab.waitForFunction(() => !document.querySelector("progress"));

  await tab.getByRole("link", { name: "Profit", exact: true }).click();
  const row = tab.getByRole("row", { name: /^Referral fees/ }).first();
  const amount = await row.getByRole("link").textContent();
  await row.getByRole("link").click();
  await tab.getByRole("heading", { name: "Referral fees" }).waitFor();
  assert.equal(await tab.locator(".explained b").textContent(), amount);
  await tab.getByRole("link", { name: /^line / }).first().click();
  const original = await tab.getByLabel("Line as Amazon wrote it").textContent();
  assert.match(original, /\tCommission\t/);
  assert.deepEqual(complaints, []);
  await tab.context().close();
});

test("the first page is read with the arrow keys, and takes a period of one's own without script", async () => {
  const tab = await page();
  await signIn(tab);
  await tab.getByRole("group", { name: /^Net sales and where they went/ }).focus();
  await tab.keyboard.press("ArrowLeft");
  const shown = tab.locator("[data-shown]");
  const last = await shown.textContent();
  assert.match(last, /net sales .*profit/);
  await tab.keyboard.press("ArrowLeft");
  assert.notEqual(await shown.textContent(), last);
  await tab.keyboard.press("Enter");
  await tab.getByRole("heading", { name: /^Profit, / }).waitFor();
  await tab.context().close();

  const bare = await page({ javaScriptEnabled: false });
  await signIn(bare);
  await bare.getByText("Add a period").click();
  await bare.getByLabel("Period", { exact: true }).selectOption("Days of your own");
  await bare.getByLabel("First day").fill("2026-09-09");
  await bare.getByLabel("Last day").fill("2026-09-01");
  await bare.getByRole("button", { name: "Add to this page" }).click();
  await bare.getByText("It lies before the first day.").waitFor();
  await bare.getByLabel("Last day").fill("2026-09-30");
  await bare.getByRole("button", { name: "Add to this page" }).click();
  await bare.getByRole("heading", { name: "Own days" }).waitFor();
  await bare.getByRole("button", { name: /^Remove Own days/ }).click();
  await bare.getByRole("heading", { name: "Month to date" }).waitFor();
  assert.equal(await bare.getByRole("heading", { name: "Own days" }).count(), 0);
  await bare.context().close();
});

test("a file that is refused says why, and the others still go in", async () => {
  const tab = await page();
  await signIn(tab);
  await tab.goto("/uploads");
  const diary = join(site.folder, "diary.txt");
  writeFileSync(diary, "dear diary,\nnothing happened today\n");
  await tab.getByLabel("Choose files").setInputFiles([diary, settlement(site, "50001000031.txt", 200, 7)]);
  await tab.getByRole("button", { name: "Import" }).click();
  await tab.getByText("no header of a settlement").waitFor();
  await tab.getByRole("heading", { name: "50001000031.txt" }).waitFor();
  await tab.context().close();
});

test("the bar moves with the bytes that were really sent", async () => {
  const tab = await page();
  await signIn(tab);
  await tab.goto("/uploads");
  const cdp = await tab.context().newCDPSession(tab);
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 3_000_000 });
  await tab.getByLabel("Choose files").setInputFiles(settlement(site, "50001000041.txt", 30_000, 8));
  await tab.getByRole("button", { name: "Import" }).click();
  await tab.waitForFunction(() => {
    const bar = document.querySelector("[data-sending] progress");
    return bar && bar.value > 0 && bar.value < bar.max && bar.max > 1_000_000;
  });
  await tab.getByRole("heading", { name: "50001000041.txt" }).waitFor({ timeout: 30_000 });
  await tab.context().close();
});

test("files dropped on the page are chosen", async () => {
  const tab = await page();
  await signIn(tab);
  await tab.goto("/uploads");
  const chosen = await tab.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "dropped.txt"));
    const zone = document.querySelector("[data-drop]");
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    return document.querySelector("input[type=file]").files[0].name;
  });
  assert.equal(chosen, "dropped.txt");
  await tab.context().close();
});

test("everything works without script", async () => {
  const tab = await page({ javaScriptEnabled: false });
  await signIn(tab);
  await tab.goto("/uploads");
  await tab.getByLabel("Choose files").setInputFiles(settlement(site, "50001000051.txt", 300, 9));
  await tab.getByRole("button", { name: "Import" }).click();
  // The page asks for itself again until the file is read.
  await tab.locator("li", { hasText: "50001000051.txt" }).getByText("balanced to the last paisa").waitFor({ timeout: 20_000 });
  await tab.goto("/statement");
  await tab.locator("summary", { hasText: "Period" }).click();
  await tab.getByRole("link", { name: /^Financial year/ }).first().click();
  await tab.getByRole("heading", { name: /^Profit, Financial year/ }).waitFor();
  await tab.goto("/uploads");
  await tab.locator("li", { hasText: "50001000051.txt" }).getByRole("link", { name: "Withdraw this import…" }).click();
  await tab.getByRole("button", { name: "Withdraw" }).click();
  await tab.getByText("The import was withdrawn.").waitFor();
  await tab.getByRole("button", { name: "Sign out" }).click();
  await tab.waitForURL("**/sign-in");
  await tab.context().close();
});

test("signing in and out needs no mouse, and one always sees where one is", async () => {
  const tab = await page();
  await tab.goto("/settlements");
  await tab.waitForURL("**/sign-in?next=/settlements");
  const focus = () => tab.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return { id: document.activeElement.id || document.activeElement.textContent.trim(), seen: style.outlineStyle !== "none" };
  });
  const walk = [];
  for (let step = 0; step < 2; step += 1) {
    await tab.keyboard.press("Tab");
    walk.push(await focus());
  }
  assert.deepEqual(walk[1], { id: "email", seen: true });
  await tab.keyboard.type(owner.email);
  await tab.keyboard.press("Tab");
  await tab.keyboard.type("wrong password");
  await tab.keyboard.press("Enter");
  await tab.getByRole("alert").waitFor();
  await tab.locator("#password").focus();
  await tab.keyboard.type(owner.password);
  await tab.keyboard.press("Tab");
  assert.deepEqual(await focus(), { id: "Sign in", seen: true });
  await tab.keyboard.press("Enter");
  await tab.waitForURL("**/settlements");
  await tab.keyboard.press("Tab");
  assert.deepEqual(await focus(), { id: "Skip to content", seen: true });
  await tab.keyboard.press("Enter");
  assert.equal(await tab.evaluate(() => document.activeElement.id), "main");
  // A menu opens, closes by Escape, and gives the focus back.
  await tab.keyboard.press("Tab");
  await tab.keyboard.press("Enter");
  assert.equal(await tab.locator("details.scope[open]").count(), 1);
  await tab.keyboard.press("Tab");
  await tab.keyboard.press("Escape");
  assert.equal(await tab.locator("details.scope[open]").count(), 0);
  await tab.getByRole("button", { name: "Sign out" }).first().focus();
  await tab.keyboard.press("Enter");
  await tab.waitForURL("**/sign-in");
  // After signing out, the way back in the history shows nothing.
  await tab.goBack();
  await tab.waitForURL("**/sign-in**");
  await tab.context().close();
});
