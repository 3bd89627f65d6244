// Chromium for the checks of the portal: started quiet, closed for sure.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** How long a page may take to show something, in ms: the end of hope on a machine with much else to do, no ceiling of any rule. */
export const patience = 90_000;

/** Starts Chromium; VESTIBULE_CHROMIUM names another program. */
export async function launch() {
  const program = process.env.VESTIBULE_CHROMIUM ?? places.find((p) => existsSync(p));
  if (!program) throw new Error("no Chromium found; set VESTIBULE_CHROMIUM");
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"];
  return chromium.launch({ executablePath: program, args });
}

/** A browser of its own for somebody, whose pages have patience. */
export async function visitor(browser, options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patience);
  return context;
}

/** The looks in which every page is seen. */
export const looks = [
  { name: "light-1280", theme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark-1280", theme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "light-390", theme: "light", viewport: { width: 390, height: 844 } },
  { name: "dark-390", theme: "dark", viewport: { width: 390, height: 844 } },
];

/** Notes what a page complains about: its own faults, and what its security policy forbids. */
export function complaints(page) {
  const heard = [];
  page.on("pageerror", (err) => heard.push(`page error: ${err.message}`));
  page.on("console", (message) => {
    const text = message.text();
    // Answers that are no success are part of the tests; everything else that is an error is a fault.
    if (message.type() === "error" && !/Failed to load resource/.test(text)) heard.push(`console: ${text.slice(0, 300)}`);
  });
  return heard;
}

/** Waits until a page shows what it has: no skeletons, no motion, fonts there. */
export async function settle(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".mantine-Skeleton-root"));
  await page.evaluate(async () => {
    await document.fonts.ready;
    const moving = document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(moving.map((a) => a.finished));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  });
}
