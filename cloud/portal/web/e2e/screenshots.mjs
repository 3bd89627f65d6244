// Pictures of every page of a running portal, light and dark, desktop and phone, with axe on each.
//   VESTIBULE_URL       address of the portal
//   VESTIBULE_EMAIL     account, with VESTIBULE_PASSWORD
//   VESTIBULE_SHOTS     folder for the pictures (default: screenshots)
//   VESTIBULE_ONLY      names of pages, with commas between (default: all)
import { mkdirSync } from "node:fs";
import { launch, visitor } from "./lib/browser.mjs";
import { publicPages, sitePages } from "./lib/pages.mjs";
import { see } from "./lib/see.mjs";
import { signIn } from "./lib/steps.mjs";

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
let faults = [];
try {
  const context = await visitor(browser, { ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await signIn(page, url, email, password);
  const pages = await sitePages(context, url);
  const log = (line) => console.log(line);
  faults = await see(browser, { url, pages: publicPages, folder, only, log });
  faults.push(...(await see(browser, { url, pages, folder, only, log, state: await context.storageState() })));
} finally {
  await browser.close();
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
