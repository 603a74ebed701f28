// Takes the pictures of docs/screens from a fresh demo: each page on a desk and on a phone, light and dark.
//
//     cargo build --release -p ecom-app && cd tests/browser && npm ci && npm run screens
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDemo } from "./server.mjs";

const folder = fileURLToPath(new URL("../../docs/screens/", import.meta.url));
const MOST_BYTES = 4_000_000;
const LOOKS = [
  { name: "desktop", options: { viewport: { width: 1320, height: 900 } } },
  { name: "phone", options: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } },
];

// A link of a page that begins so: the first, or another.
const linked = (from, start, number = 0) => async (tab) => {
  await tab.goto(from);
  await tab.goto(await tab.locator(`main a[href^="${start}"]`).nth(number).getAttribute("href"));
};
const at = (path) => async (tab) => { await tab.goto(path); };

const PAGES = {
  home: at("/"),
  statement: at("/statement"),
  "statement-months": at("/statement?by=month"),
  products: at("/products"),
  trends: at("/trends"),
  books: at("/books"),
  labels: at("/labels"),
  people: at("/people"),
  settlements: at("/settlements"),
  settlement: linked("/settlements", "/settlements/", 1),
  explain: async (tab) => {
    await tab.goto("/lines?group=fees");
    await tab.getByRole("link", { name: /^line / }).first().click();
    // A link into the page would hide its head.
    await tab.evaluate(() => scrollTo(0, 0));
  },
  costs: at("/costs"),
  product: linked("/products", "/products/", 1),
  search: at("/search?account=expense:fee"),
  uploads: at("/uploads"),
  expenses: at("/expenses"),
  account: at("/account"),
  notices: at("/notices"),
  audit: at("/audit"),
  "product-costs": linked("/costs", "/costs/product?sku=", 1),
  // The first month is the one that is not over.
  close: linked("/close", "/close/", 1),
};

async function picture(tab, cdp, path) {
  await tab.evaluate(() => document.fonts.ready);
  const { data } = await cdp.send("Page.captureScreenshot", { format: "webp", quality: 82 });
  writeFileSync(path, Buffer.from(data, "base64"));
}

const site = await startDemo();
try {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name: look, options } of LOOKS) {
    for (const colorScheme of ["light", "dark"]) {
      const context = await site.browser.newContext({ baseURL: site.url, storageState: site.state, colorScheme, reducedMotion: "reduce", locale: "en-IN", timezoneId: "Asia/Kolkata", ...options });
      const tab = await context.newPage();
      const cdp = await context.newCDPSession(tab);
      for (const [name, open] of Object.entries(PAGES)) {
        await open(tab);
        await picture(tab, cdp, join(folder, `${name}-${look}-${colorScheme}.webp`));
      }
      await context.close();
    }
  }
} finally {
  await site.stop();
}
const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
console.log(`${readdirSync(folder).length} pictures, ${(bytes / 1e6).toFixed(1)} MB in docs/screens`);
if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes: take fewer, or smaller ones`);
