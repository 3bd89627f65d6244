// Sees every page in every look: a picture each, axe on each, and what the browser complains about.
import { join } from "node:path";
import { violations } from "./axe.mjs";
import { complaints, looks, settle } from "./browser.mjs";

/**
 * Opens each page in each look. `state` is the signed-in state of a context, or undefined for pages before sign-in.
 * Gives the faults found, one line each.
 */
export async function see(browser, { url, pages, folder, state, only, looks: wanted, log = () => {} }) {
  const faults = [];
  for (const look of looks.filter((l) => !wanted || wanted.includes(l.name))) {
    const context = await browser.newContext({
      viewport: look.viewport, colorScheme: look.theme, reducedMotion: "reduce", storageState: state, ignoreHTTPSErrors: true,
    });
    try {
      const page = await context.newPage();
      const heard = complaints(page);
      for (const p of pages) {
        if (only && !only.includes(p.name)) continue;
        await page.goto("about:blank"); // a fragment alone would not load the page again
        await page.goto(url + p.path);
        await settle(page);
        if (p.after) {
          await p.after(page);
          await settle(page);
        }
        if (folder) await page.screenshot({ path: join(folder, `${p.name}-${look.name}.png`) });
        for (const line of [...(await violations(page)), ...heard.splice(0)]) faults.push(`${p.name} ${look.name}: ${line}`);
      }
    } finally {
      await context.close();
    }
    log(look.name);
  }
  return faults;
}
