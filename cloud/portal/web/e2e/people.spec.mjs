// Who may do what, in a real browser: from the first start to the operator, and from there by mail links alone to distributor, installer,
// sub-installer, manager and resident; a passkey; the distributor enters with consent, is seen, acts and is thrown out, and the audit tells it.
// Then every page of every role in every look.
//   VESTIBULE_SETUP_URL   the set-up link as the cloud prints it
//   VESTIBULE_MAILS       address of the test's postbox
//   VESTIBULE_SHOTS       folder for pictures
//   VESTIBULE_LOOKS       names of the looks to see, with commas between (default: all)
import { mkdirSync } from "node:fs";
import { complaints, launch, visitor } from "./lib/browser.mjs";
import { emptyHomePages, homePages, outsidePages } from "./lib/pages.mjs";
import * as people from "./lib/people.mjs";
import { see } from "./lib/see.mjs";
import * as steps from "./lib/steps.mjs";

const env = process.env;
const began = Date.now();
const say = (line) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const link = env.VESTIBULE_SETUP_URL;
const url = new URL(link).origin;
const mails = people.postbox(env.VESTIBULE_MAILS);
const password = `Nine-${Math.random().toString(36).slice(2, 12)}-doors-7`;
const folder = env.VESTIBULE_SHOTS;
if (folder) mkdirSync(folder, { recursive: true });
const seen = { url, folder, looks: env.VESTIBULE_LOOKS?.split(","), log: (look) => say(`pages seen: ${look}`) };

const browser = await launch();
const faults = [];
const heard = [];

/** A browser of its own for somebody. */
async function somebody() {
  const context = await visitor(browser, { viewport: { width: 1280, height: 800 }, locale: "en-GB" });
  const page = await context.newPage();
  heard.push([page, complaints(page)]);
  return page;
}

async function want(what, ok) {
  if (!(await ok)) throw new Error(what);
}

/** Wants somebody's pages to go without one. What pages one has stands outside the sites, all of it at once. */
async function without(page, name) {
  await page.getByRole("navigation").getByRole("link", { name: "Sites", exact: true }).first().waitFor();
  await want(`the pages have one called ${name}`, page.getByRole("link", { name, exact: true }).count().then((n) => n === 0));
}

try {
  const mara = await somebody();
  await steps.setUp(mara, link, { name: "Mara Keller", organisation: "Keller Cloud", email: "mara@example.com", password });
  faults.push(...(await see(browser, { ...seen, pages: outsidePages })));
  await people.handOut(mara, url, { name: "Gate Distribution", owner: "Dana Kim", email: "dana@example.com" });
  say("set up; a distributor is handed out");

  const dana = await somebody();
  const first = await mails.wait("dana@example.com");
  await people.activate(dana, first.Link, password);
  await people.usedLink(browser, first.Link);
  say("the distributor's link works once");
  const doors = await people.handOut(dana, url, { name: "Doors Ltd", owner: "Ina Bauer", email: "ina@example.com" });
  await people.openGate(dana, "Account access");
  await want("Enter is open without consent", dana.getByRole("button", { name: "Enter", exact: true }).getAttribute("aria-disabled").then((v) => v === "true"));

  const ina = await somebody();
  await people.activate(ina, (await mails.wait("ina@example.com")).Link, password, { provider: true });
  say("the installer is in");
  faults.push(...(await see(browser, { ...seen, pages: emptyHomePages, state: await ina.context().storageState() })));
  await people.addPasskey(ina, url);
  await steps.signOut(ina);
  await ina.getByRole("button", { name: /passkey/i }).click();
  await ina.getByRole("button", { name: /^Account/ }).waitFor();
  say("signed in by passkey");

  // From the dashboard's quick link to a community, its manager later (DASH-01, PM-06).
  await ina.goto(`${url}/`);
  await ina.getByRole("navigation", { name: "Make something new" }).getByRole("link", { name: "New community" }).click();
  await ina.getByRole("textbox", { name: "Name", exact: true }).fill("Lindenhof 12");
  await ina.getByRole("radio", { name: "Premium" }).click();
  await ina.getByRole("button", { name: "Create site" }).click();
  await ina.getByRole("button", { name: "Set later" }).click();
  await ina.waitForURL(/\/sites\/[0-9a-f-]{36}$/);
  const site = ina.url().split("/").at(-1);
  await people.newSub(ina, url, { username: "ben.door", email: "ben@example.com" });
  await people.newManager(ina, url, { first: "Marta", last: "Zielińska", email: "marta@example.com", language: "Polski", site: "Lindenhof 12" });
  say("a community, a sub-installer and a manager");

  const ben = await somebody();
  await people.activate(ben, (await mails.wait("ben@example.com")).Link, password);
  await ben.goto(`${url}/sites`);
  await ben.getByRole("link", { name: "Lindenhof 12", exact: true }).first().waitFor();
  await without(ben, "Sub-accounts");

  const letter = await mails.wait("marta@example.com");
  await want(`the manager's mail speaks ${letter.Language}`, letter.Language === "pl");
  const marta = await somebody();
  await people.activate(marta, letter.Link, password);
  await people.usedLink(browser, letter.Link);
  await marta.goto(`${url}/sites`);
  await marta.getByRole("link", { name: "Lindenhof 12", exact: true }).first().waitFor();
  await without(marta, "Audit");
  say("sub-installer and manager are in, each with what is theirs");

  // One account, two works (ACC-17).
  await ina.goto(`${url}/`);
  await ina.getByRole("button", { name: /^Account/ }).click();
  await ina.getByRole("menuitemradio", { name: "Single-tenant work" }).click();
  await ina.waitForURL("**/sites");
  await ina.getByRole("heading", { name: "Your first site" }).waitFor(); // the list of the work before may stand until then
  await ina.getByText("Lindenhof 12").first().waitFor({ state: "detached" });
  await ina.getByRole("link", { name: "Managers" }).first().waitFor({ state: "detached" });
  await ina.getByRole("button", { name: /^Account/ }).click();
  await ina.getByRole("menuitemradio", { name: "Project work" }).click();
  await ina.getByRole("link", { name: "Managers" }).first().waitFor();
  say("the switch of work changes sites and pages");

  // Consent: given, seen, used, ended, told.
  await ina.goto(`${url}/access`);
  await ina.getByText("read and change", { exact: true }).first().click();
  await ina.getByRole("button", { name: "Let the distributor in" }).click();
  await ina.getByRole("button", { name: "End now" }).waitFor();
  if (folder) await ina.screenshot({ path: `${folder}/access-given.png` });
  await dana.goto(`${url}/orgs/${doors}`);
  await dana.getByRole("button", { name: "Enter", exact: true }).click();
  await dana.getByText("You are in Doors Ltd with its consent").waitFor();
  await ina.getByText("Dana Kim of Gate Distribution is looking at your account").waitFor({ timeout: 5_000 });
  say("the distributor is inside, and the owner sees it");
  await without(dana, "API tokens");
  await dana.goto(`${url}/sites/${site}/settings`);
  await dana.getByRole("textbox", { name: "Name", exact: true }).first().fill("Lindenhof 12a");
  await dana.getByRole("button", { name: "Save", exact: true }).first().click();
  await dana.getByText("Lindenhof 12a").first().waitFor();
  if (folder) {
    await dana.screenshot({ path: `${folder}/entered.png` });
    await ina.screenshot({ path: `${folder}/watched.png` });
  }
  await ina.getByRole("button", { name: "End now" }).first().click();
  await dana.getByText("You are in Doors Ltd with its consent").waitFor({ state: "detached", timeout: 10_000 });
  await dana.goto(`${url}/sites/${site}`);
  await dana.getByRole("heading", { name: "There is no such page" }).waitFor();
  await want("who was thrown out sees the site", dana.getByText("Lindenhof 12a").count().then((n) => n === 0));
  say("thrown out");
  await ina.goto(`${url}/audit`);
  const story = ina.getByRole("list", { name: "Audit" }).getByRole("button");
  for (const words of [/Ina Bauer.*granted access Gate Distribution/, /Dana Kim.*in Doors Ltd.*entered organisation Doors Ltd/, /Dana Kim.*in Doors Ltd.*changed site Lindenhof 12a/, /Ina Bauer.*ended access/]) {
    await story.filter({ hasText: words }).first().waitFor();
  }
  say("the audit tells it, under both names");

  // A resident signs in at home.
  const at = `/sites/${site}`;
  const building = await people.call(ina, url, "POST", `${at}/buildings`, { name: "House A" });
  const apartment = await people.call(ina, url, "POST", `${at}/apartments`, { building_id: building.id, number: "101" });
  const person = await people.call(ina, url, "POST", `${at}/people`, {
    apartment_id: apartment.id, first_name: "Piotr", last_name: "Nowak", email: "piotr@example.com",
  });
  await people.call(ina, url, "POST", `${at}/people/${person.id}/account`, { role: "resident" });
  const piotr = await somebody();
  await people.activate(piotr, (await mails.wait("piotr@example.com")).Link, password);
  await piotr.goto(`${url}/`);
  await piotr.getByText("101").first().waitFor();
  say("the resident is at home");

  // English and German, whole.
  await ina.goto(`${url}/`);
  await ina.getByRole("button", { name: /^Account/ }).click();
  await ina.getByRole("menuitemradio", { name: "Deutsch" }).click();
  await ina.getByRole("link", { name: "Übersicht" }).first().waitFor();
  await want("the page says it is German", ina.evaluate(() => document.documentElement.lang.startsWith("de")));
  if (folder) await ina.screenshot({ path: `${folder}/german-dashboard.png` });
  await ina.getByRole("button", { name: /^Konto/ }).click();
  await ina.getByRole("menuitemradio", { name: "English" }).click();
  await ina.getByRole("link", { name: "Dashboard" }).first().waitFor();
  say("German and back");

  for (const [page, own] of heard) {
    void page;
    faults.push(...own.splice(0));
  }
  for (const [role, page] of Object.entries({ operator: mara, distributor: dana, installer: ina, manager: marta, resident: piotr })) {
    const state = await page.context().storageState();
    const me = await people.call(page, url, "GET", "/me");
    faults.push(...(await see(browser, { ...seen, pages: homePages(role, me, { org: doors, site }), state })));
    say(`every page of the ${role}`);
  }
} catch (err) {
  faults.push(err.stack?.split("\n").slice(0, 6).join(" | ") ?? err.message);
  if (folder) for (const [i, [page]] of heard.entries()) await page.screenshot({ path: `${folder}/fault-${i}.png` }).catch(() => undefined);
} finally {
  await browser.close();
}
for (const fault of faults) console.error(`FAULT  ${fault}`);
say(faults.length > 0 ? `${faults.length} faults` : "all is well");
process.exit(faults.length > 0 ? 1 : 0);
