// Pictures of every page of a running portal, light and dark, desktop and phone.
//   VESTIBULE_URL       address of the portal
//   VESTIBULE_EMAIL     account, with VESTIBULE_PASSWORD
//   VESTIBULE_SHOTS     folder for the pictures (default: screenshots)
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { violations } from "./lib/axe.mjs";
import { complaints, dress, launch, looks, settle } from "./lib/browser.mjs";
import { publicPages, sitePages } from "./lib/pages.mjs";

const env = (name, fallback) => {
  const v = process.env[name] ?? fallback;
  if (v === undefined) {
    console.error(`${name} is not set`);
    process.exit(2);
  }
  return v;
};
const url = env("VESTIBULE_URL").replace(/\/$/, "");
const email = env("VESTIBULE_EMAIL");
const password = env("VESTIBULE_PASSWORD");
const folder = env("VESTIBULE_SHOTS", "screenshots");
const only = process.env.VESTIBULE_ONLY?.split(",");
mkdirSync(folder, { recursive: true });

const browser = await launch();
let bad = 0;
try {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  const heard = complaints(page);
  const shoot = async (name, path, after) => {
    if (only && !only.includes(name)) return;
    await page.goto(url + path);
    for (const look of looks) {
      await dress(page, look);
      await page.goto("about:blank");
      await page.goto(url + path);
      await settle(page);
      await after?.(page);
      await settle(page);
      await page.screenshot({ path: join(folder, `${name}-${look.name}.png`), fullPage: false });
      for (const v of await violations(page)) {
        bad++;
        console.error(`${name} ${look.name}: ${v}`);
      }
    }
    for (const line of heard.splice(0)) {
      bad++;
      console.error(`${name}: ${line}`);
    }
    console.log(name);
  };
  for (const p of publicPages) await shoot(p.name, p.path);
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/sites");
  for (const p of await sitePages(context, url)) await shoot(p.name, p.path, p.after);
} finally {
  await browser.close();
}
if (bad > 0) {
  console.error(`${bad} faults`);
  process.exit(1);
}
