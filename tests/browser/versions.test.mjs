// Two files of one settlement whose names do not tell which is newer: a person chooses which one counts.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newTab, settlement, startWithBooks } from "./server.mjs";

// A rupee more of one commission, a rupee less of another: the total stays, two lines differ.
function anotherVersion(site, first) {
  const lines = readFileSync(first, "latin1").split("\n");
  const at = lines.flatMap((line, number) => (line.includes("\tCommission\t") ? [number] : [])).slice(0, 2);
  const moved = (number, rupees) => {
    lines[number] = lines[number].replace(/(\tCommission\t)(-?\d+\.\d\d)/, (_, name, amount) => name + (Number(amount) + rupees).toFixed(2));
  };
  moved(at[0], 1);
  moved(at[1], -1);
  const path = join(site.folder, "september again.txt");
  writeFileSync(path, lines.join("\n"), "latin1");
  return path;
}

let site, again;
before(async () => {
  site = await startWithBooks((site) => {
    const first = settlement(site, "september.txt", 400, 5);
    again = anotherVersion(site, first);
    return [first];
  });
});
after(async () => { await site?.stop(); });


test("the first file counts until the other is chosen, the difference is seen, and the choice is turned back, on a phone without script", async () => {
  const tab = await newTab(site, { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  await tab.goto("/uploads");
  await tab.getByLabel("Choose files").setInputFiles([again]);
  await tab.getByRole("button", { name: "Import" }).click();
  for (let tries = 0; (await tab.getByText("your choice").count()) === 0; tries += 1) {
    assert.ok(tries < 60, `it is read: ${await tab.locator("main").innerText()}`);
    await tab.waitForTimeout(250);
    await tab.reload();
  }

  // The first page says so, and leads there.
  await tab.goto("/");
  await tab.getByRole("link", { name: "Choose", exact: true }).click();
  await tab.getByRole("heading", { name: "Which version counts?" }).waitFor();
  const changed = tab.getByRole("group", { name: "Changed lines" });
  assert.match(await changed.innerText(), /Commission[\s\S]*₹/);

  const choose = tab.getByRole("button", { name: "Count this version" });
  await choose.click();
  await tab.getByText("in the figures").first().waitFor();
  assert.equal(await choose.count(), 0, "what counts cannot be chosen again");

  // The other one waits now, and can be chosen in turn.
  await tab.getByRole("link", { name: "september.txt" }).click();
  await tab.getByRole("button", { name: "Count this version" }).click();
  await tab.getByText("in the figures").first().waitFor();
  await tab.goto("/");
  assert.equal(await tab.getByText("which version counts?").count(), 0, "nothing waits any more");
  await tab.context().close();
});
