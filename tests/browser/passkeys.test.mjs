// Passkeys in a real browser, with a device that Chromium plays: added, asked for at sign-in, refused, removed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { createServer } from "node:net";
import { listen, newTab, owner, register, start } from "./server.mjs";

let site;
before(async () => {
  // Browsers give passkeys to names alone, so the port must be known before the server is.
  const port = await new Promise((free) => {
    const probe = createServer().listen(0, "127.0.0.1", () => { const { port } = probe.address(); probe.close(() => free(port)); });
  });
  site = await start("--port", String(port), "--public-url", `http://localhost:${port}`);
  site.url = `http://localhost:${port}`;
});
after(async () => { await site?.stop(); });

// A device that unlocks itself.
async function device(tab) {
  const cdp = await tab.context().newCDPSession(tab);
  await cdp.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options });
  return { unlock: (isUserVerified) => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }) };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function look(tab) {
  await tab.evaluate(axe);
  const { violations } = await tab.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], tab.url());
}

async function signIn(tab, next = "/") {
  await tab.goto(`/sign-in?next=${next}`);
  await tab.getByLabel("E-mail address").fill(owner.email);
  await tab.getByLabel("Password").fill(owner.password);
  await tab.getByRole("button", { name: "Sign in" }).click();
}

test("a passkey is added, opens the account, and is removed", async () => {
  const complaints = [];
  const tab = await newTab(site);
  listen(tab, complaints);
  await register(tab);
  const held = await device(tab);
  await tab.goto("/account");
  await tab.getByRole("link", { name: "Passkeys" }).click();
  await tab.getByLabel("Name of the passkey").fill("Office laptop");
  await tab.getByLabel("Your password").fill("not my password");
  await tab.getByRole("button", { name: "Begin" }).click();
  await tab.getByText("This is not your password.").waitFor();
  assert.equal(await tab.getByLabel("Name of the passkey").inputValue(), "Office laptop");
  await tab.getByLabel("Your password").fill(owner.password);
  await tab.getByRole("button", { name: "Begin" }).click();
  await tab.getByRole("heading", { name: "Add “Office laptop”" }).waitFor();
  await look(tab);
  await tab.getByRole("button", { name: "Make the passkey" }).click();
  await tab.getByRole("heading", { name: "The passkey is added. Keep these recovery codes" }).waitFor();
  const recovery = await tab.locator(".codes li").first().textContent();
  await tab.getByRole("link", { name: "I have kept them" }).click();
  await tab.getByRole("row", { name: /Office laptop.*never/ }).waitFor();
  await look(tab);

  // The password alone opens nothing; the passkey does, and leads to the page that was asked for.
  await tab.getByRole("button", { name: "Sign out" }).first().click();
  await signIn(tab, "/expenses");
  await tab.getByRole("heading", { name: "One more step" }).waitFor();
  await tab.goto("/statement");
  await tab.getByRole("heading", { name: "One more step" }).waitFor();
  await signIn(tab, "/expenses");
  await tab.getByRole("button", { name: "Use your passkey" }).click();
  await tab.getByRole("button", { name: "Use the passkey" }).click();
  await tab.waitForURL(/\/expenses$/);

  // Who cannot unlock the device gets no further with it, but with a recovery code, once.
  await tab.getByRole("button", { name: "Sign out" }).first().click();
  await held.unlock(false);
  await signIn(tab);
  await tab.getByRole("button", { name: "Use your passkey" }).click();
  await tab.getByRole("button", { name: "Use the passkey" }).click();
  await tab.getByText("The browser gave no passkey").waitFor();
  await tab.getByRole("link", { name: "Type a code instead" }).click();
  await tab.getByLabel("Recovery code").fill(recovery);
  await tab.getByRole("button", { name: "Go on" }).click();
  await tab.getByRole("heading", { name: "Begin with a settlement" }).waitFor();

  await tab.goto("/account/passkeys");
  await tab.getByRole("link", { name: "Remove Office laptop" }).click();
  await tab.getByText("your recovery codes will work no more").waitFor();
  await look(tab);
  await tab.getByLabel("Your password").fill(owner.password);
  await tab.getByRole("button", { name: "Remove" }).click();
  await tab.getByText("The passkey is removed.").waitFor();
  await tab.getByRole("button", { name: "Sign out" }).first().click();
  await signIn(tab);
  await tab.getByRole("heading", { name: "Begin with a settlement" }).waitFor();
  assert.deepEqual(complaints.filter((one) => !one.includes("NotAllowedError")), []);
  await tab.context().close();
});

test("an answer of another challenge, or of none, is refused and adds nothing", async () => {
  const tab = await newTab(site);
  await signIn(tab);
  await tab.getByRole("heading", { name: "Begin with a settlement" }).waitFor();
  const answers = ["", "{}", "rubbish", JSON.stringify({ id: "AAAA", rawId: "AAAA", type: "public-key", response: {}, extensions: {} })];
  for (const answer of answers) {
    const response = await tab.request.post("/account/passkeys/confirmation", { form: { answer }, headers: { origin: site.url } });
    assert.equal(response.status(), 422, answer);
  }
  await tab.goto("/account/passkeys");
  assert.equal(await tab.getByRole("heading", { name: "Your passkeys" }).count(), 0);
  await tab.context().close();
});

test("on a phone, without script, the page says what else there is", async () => {
  const tab = await newTab(site, { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  await signIn(tab);
  await tab.getByRole("heading", { name: "Begin with a settlement" }).waitFor();
  await tab.goto("/account/passkeys");
  await tab.locator("noscript p").waitFor();
  assert.match(await tab.locator("noscript p").textContent(), /Without it, codes do the same work/);
  await tab.context().close();
});
