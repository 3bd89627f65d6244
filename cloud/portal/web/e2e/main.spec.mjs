// The first run in a real browser: set-up, a site, its agent, a door opened, its row in the log; then every page in every look.
//   VESTIBULE_SETUP_URL   the set-up link as the cloud prints it; without it VESTIBULE_URL, VESTIBULE_EMAIL and VESTIBULE_PASSWORD
//   VESTIBULE_CLAIM_FILE  file that this program writes the claim link to; whoever runs the agent gives it to the agent
//   VESTIBULE_SITE        id of a site to use; without it a site with building, apartment, person and devices is made by hand
//   VESTIBULE_DEVICE      id of the door phone of that site (default: its first device with a relay)
//   VESTIBULE_DOOR        JSON of the door phone to make: {name, mac, relay, address, api_user, api_password, manual, board: {name, address, unit, channels}}
//   VESTIBULE_SHOTS       folder for pictures (default: none are taken)
//   VESTIBULE_LOOKS       names of the looks to see, with commas between (default: all)
//   VESTIBULE_WAIT        seconds to wait for the agent (default 120)
import { mkdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { complaints, launch, visitor } from "./lib/browser.mjs";
import { emptyPages, publicPages, sitePages } from "./lib/pages.mjs";
import { see } from "./lib/see.mjs";
import * as steps from "./lib/steps.mjs";

const env = process.env;
const began = Date.now();
const say = (line) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const stop = (line) => {
  throw new Error(line);
};

const account = {
  name: "Mara Keller",
  organisation: "Keller Building Services",
  email: env.VESTIBULE_EMAIL ?? "mara@example.com",
  password: env.VESTIBULE_PASSWORD ?? `Nine-${Math.random().toString(36).slice(2, 12)}-doors-7`,
};
const wait = Number(env.VESTIBULE_WAIT ?? 120) * 1000;
const link = env.VESTIBULE_SETUP_URL;
const url = (link ? new URL(link).origin : (env.VESTIBULE_URL ?? stop("VESTIBULE_SETUP_URL or VESTIBULE_URL is needed"))).replace(/\/$/, "");
const claimFile = env.VESTIBULE_CLAIM_FILE ?? stop("VESTIBULE_CLAIM_FILE is needed");
if (!link && !env.VESTIBULE_PASSWORD) stop("VESTIBULE_EMAIL and VESTIBULE_PASSWORD are needed without VESTIBULE_SETUP_URL");

const door = {
  name: "Main entrance", mac: "0C11050B9814", relay: "Front door", ...JSON.parse(env.VESTIBULE_DOOR ?? "{}"),
};

/** A whole site by hand, as an installer makes it; gives the ids of the site and of its door phone. */
async function makeSite(page) {
  const site = await steps.newSite(page, url, "Lindenhof 12");
  const at = `${url}/sites/${site}`;
  await page.getByRole("heading", { name: "Claim the agent of this site" }).waitFor();
  say("site made; it asks for its agent");
  const state = await page.context().storageState();
  faults.push(...(await see(browser, { ...seen, pages: emptyPages(site), state })));
  await steps.newHouse(page, at, { building: "House 12", apartments: [{ number: "102", floor: "1" }, { number: "101", floor: "1" }] });
  await steps.newPerson(page, { first: "Piotr", last: "Nowak" });
  await steps.giveKeys(page, at, { name: "Piotr Nowak", card: "0A1B2C3D" });
  say("building, apartments and a person made, with a PIN and a card");
  if (door.board) await steps.newBoard(page, at, door.board);
  await steps.newDevice(page, at, { type: "Monitor", name: "Kitchen 101", mac: "0C11050B9815", building: "House 12", apartment: "101", manual: true });
  const device = await steps.newDevice(page, at, { ...door, building: "House 12", board: door.board?.name });
  say("devices made; a MAC with 11 digits was refused at its field");
  return { site, device };
}

/** The first device of a site that has a relay. */
async function doorOf(context, site) {
  const answer = await context.request.get(`${url}/api/v1/sites/${site}/devices`);
  const { items } = await answer.json();
  return items.find((d) => d.relays.length > 0)?.id ?? stop("the site has no device with a relay");
}

/** Kilobytes of compressed script that a first visit loads. */
async function scriptOf(browser) {
  const context = await visitor(browser, { ignoreHTTPSErrors: true });
  const page = await context.newPage();
  let bytes = 0;
  const reading = [];
  page.on("response", (r) => {
    if (r.request().resourceType() === "script") reading.push(r.body().then((b) => (bytes += gzipSync(b).length)));
  });
  await page.goto(`${url}/sign-in`);
  await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  await Promise.all(reading);
  await context.close();
  return Math.round(bytes / 1000);
}

if (env.VESTIBULE_SHOTS) mkdirSync(env.VESTIBULE_SHOTS, { recursive: true });
const seen = { url, folder: env.VESTIBULE_SHOTS, looks: env.VESTIBULE_LOOKS?.split(","), log: (look) => say(`pages seen: ${look}`) };

const browser = await launch();
const faults = [];
try {
  const kb = await scriptOf(browser);
  say(`first page: ${kb} kB of compressed script`);
  if (kb > 300) faults.push(`the first page loads ${kb} kB of compressed script, at most 300`);

  const context = await visitor(browser, { viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const heard = complaints(page);
  if (link) {
    // The form of the set-up; any token shows it, the real one is used once.
    faults.push(...(await see(browser, { ...seen, pages: publicPages })));
    await steps.setUp(page, link, account);
    say("set up; signed in by it");
    await steps.signOut(page);
    say("signed out");
  }
  await steps.signIn(page, url, account.email, account.password);
  say("signed in by keyboard");

  const { site, device } = env.VESTIBULE_SITE
    ? { site: env.VESTIBULE_SITE, device: env.VESTIBULE_DEVICE ?? (await doorOf(context, env.VESTIBULE_SITE)) }
    : await makeSite(page);
  const at = `${url}/sites/${site}`;

  await steps.claim(page, at, claimFile, wait);
  say("agent claimed and online");

  const outcome = await steps.open(page, at, device, env.VESTIBULE_SITE ? undefined : door.relay, wait);
  say(`Open: ${outcome.replaceAll("\n", " ")}`);
  if (!/^Done\b/.test(outcome)) stop(`Open came to: ${outcome}`);
  await steps.seeRow(page, at, "opened");
  say("its row stands in the log, with its proof");
  faults.push(...heard.splice(0));

  faults.push(...(await see(browser, { ...seen, pages: await sitePages(context, url), state: await context.storageState() })));
} catch (err) {
  faults.push(err.message);
} finally {
  await browser.close();
}
for (const fault of faults) console.error(`FAULT  ${fault}`);
say(faults.length > 0 ? `${faults.length} faults` : "all is well");
process.exit(faults.length > 0 ? 1 : 0);
