// Sees every page in every look: a picture each, axe on each, and what the browser complains about.
import { join } from "node:path";
import { violations } from "./axe.mjs";
import { complaints, looks, settle, visitor } from "./browser.mjs";

/**
 * Opens each page in each look. `state` is the signed-in state of a context, or undefined for pages before sign-in.
 * Gives the faults found, one line each. Where no pictures are wanted, each page is seen in one look, by turns.
 */
export async function see(browser, { url, pages, folder, state, only, looks: wanted, log = () => {} }) {
  const faults = [];
  const chosen = looks.filter((l) => !wanted || wanted.includes(l.name));
  for (const [turn, look] of chosen.entries()) {
    const context = await visitor(browser, {
      viewport: look.viewport, colorScheme: look.theme, reducedMotion: "reduce", storageState: state, ignoreHTTPSErrors: true,
    });
    try {
      const page = await context.newPage();
      const heard = complaints(page);
      for (const [i, p] of pages.entries()) {
        if ((only && !only.includes(p.name)) || (!folder && i % chosen.length !== turn)) continue;
        // A fragment alone would not load the page again. On the way over an empty page Chromium begins a new process: half of the time of all this.
        if (p.path.includes("#")) await page.goto("about:blank");
        await page.goto(url + p.path);
        await settle(page);
        try {
          await p.after?.(page);
          await settle(page);
        } catch (err) {
          faults.push(`${p.name} ${look.name}: ${err.message.split("\n").slice(0, 3).join(" ")}`);
          continue; // the other pages are seen all the same
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
