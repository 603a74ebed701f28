// Starts `ecom serve` on a fresh folder and a free port, and a browser; stops both in the end.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
export const ecom = process.env.ECOM_BINARY ?? join(target, "debug", "ecom");
// Screenshots for people to look at; nobody compares them.
export const shots = process.env.ECOM_SHOTS;

// An empty site.
export async function start(...flags) {
  const folder = mkdtempSync(join(tmpdir(), "ecom-browser-"));
  return run(folder, ["serve", "--data", join(folder, "data"), ...flags]);
}

// The owner of the demo.
export const demo = { email: "demo@example.org", password: "kurta-house-demo" };

// The made-up seller of `ecom demo`, and its owner's session.
export async function startDemo() {
  const folder = mkdtempSync(join(tmpdir(), "ecom-browser-"));
  return signedIn(await run(folder, ["demo", "--folder", join(folder, "demo")]));
}

// The same, served by `ecom serve` with these flags.
export async function serveDemo(flags) {
  const folder = mkdtempSync(join(tmpdir(), "ecom-browser-"));
  const data = join(folder, "demo");
  await (await run(folder, ["demo", "--folder", data])).stop({ keep: true });
  return signedIn(await run(folder, ["serve", "--data", data, ...flags]));
}

async function signedIn(site) {
  const context = await site.browser.newContext({ baseURL: site.url });
  const tab = await context.newPage();
  await tab.goto("/sign-in");
  await tab.getByLabel("E-mail address").fill(demo.email);
  await tab.getByLabel("Password").fill(demo.password);
  await tab.getByRole("button", { name: "Sign in" }).click();
  await tab.getByRole("heading", { name: /^Good / }).waitFor();
  site.state = await context.storageState();
  await context.close();
  return site;
}

async function run(folder, command) {
  // A port that a test names comes last, and holds.
  const port = command.includes("--port") ? [] : ["--port", "0"];
  const guide = command[0] === "serve" ? ["--style-guide"] : [];
  const server = spawn(ecom, [...command, ...guide, ...port], { stdio: ["ignore", "inherit", "pipe"] });
  const url = await new Promise((resolve, reject) => {
    let said = "";
    server.stderr.on("data", (chunk) => {
      said += chunk;
      const found = said.match(/http:\/\/(127\.0\.0\.1|localhost):\d+/);
      if (found) resolve(found[0]);
    });
    server.on("exit", (code) => reject(new Error(`ecom ${command[0]} ended with ${code}: ${said}`)));
  });
  server.removeAllListeners("exit");
  const browser = await chromium.launch({ executablePath: process.env.ECOM_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  return {
    url,
    folder,
    browser,
    async stop({ keep = false } = {}) {
      await browser.close();
      const ended = new Promise((resolve) => server.on("exit", resolve));
      server.kill("SIGTERM");
      await ended;
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

// A settlement file of an invented seller.
export function settlement(site, name, rows, seed) {
  const path = join(site.folder, name);
  execFileSync(ecom, ["generate", "settlement", "--rows", String(rows), "--seed", String(seed), "--output", path]);
  return path;
}

export const owner = {
  name: "Asha Rao",
  email: "asha@kurta-house.example",
  phone: "+91 98450 12345",
  password: "correct horse battery",
  business: "Kurta House",
};

export async function register(page, gstin = "") {
  await page.goto("/");
  await page.getByLabel("Your name").fill(owner.name);
  await page.getByLabel("E-mail address").fill(owner.email);
  await page.getByLabel("Phone number").fill(owner.phone);
  await page.getByLabel("Password").fill(owner.password);
  await page.getByLabel("Name of the business").fill(owner.business);
  await page.getByLabel("Billing State").selectOption("Karnataka");
  await page.getByLabel("GSTIN").fill(gstin);
  await page.getByLabel("I act for a business and am 18 or older").check();
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Begin with a settlement" }).waitFor();
}

// An empty site whose owner is signed in and has imported these files: `site.state` is their session.
export async function startWithBooks(files, { gstin = "" } = {}) {
  const site = await start();
  const context = await site.browser.newContext({ baseURL: site.url });
  const tab = await context.newPage();
  await register(tab, gstin);
  const paths = files(site);
  if (paths.length > 0) {
    await tab.goto("/uploads");
    await tab.getByLabel("Choose files").setInputFiles(paths);
    await tab.getByRole("button", { name: "Import" }).click();
    await tab.getByText("balanced to the last paisa").nth(paths.length - 1).waitFor();
  }
  site.state = await context.storageState();
  await context.close();
  return site;
}

// A tab of whoever `site.state` says is signed in, if anybody is.
export async function newTab(site, options = {}) {
  const context = await site.browser.newContext({ baseURL: site.url, storageState: site.state, ...options });
  const tab = await context.newPage();
  tab.setDefaultTimeout(15_000);
  return tab;
}

// Anything the browser complains about, such as a breach of the content policy, fails the test.
export function listen(page, complaints) {
  page.on("console", (message) => {
    const expected = message.text().includes("the server responded with a status of");
    if (["error", "warning"].includes(message.type()) && !expected) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(page.url() === "about:blank" ? request.url() : page.url()).origin)) complaints.push(`asked ${request.url()}`);
  });
}
