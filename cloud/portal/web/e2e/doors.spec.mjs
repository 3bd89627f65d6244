// Where keys open, in a real browser: an access group from its empty list to its end, what somebody opens by it, and what the devices hear of it. Beside it
// the page of a network group, what a device last told by itself, and what DHCP options hold. Then the pages in every look.
//   VESTIBULE_URL, VESTIBULE_LOGIN, VESTIBULE_PASSWORD          the portal and who works in it
//   VESTIBULE_SITE, VESTIBULE_DEVICE, VESTIBULE_APARTMENT       what is worked on; the second door phone is called Garage
//   VESTIBULE_DOORS                                             POST types a wrong code at the first door phone, GET tells whom the second one lets in
//   VESTIBULE_SHOTS, VESTIBULE_LOOKS                            folder for pictures, names of the looks
import { mkdirSync } from "node:fs";
import { complaints, launch, patience, visitor } from "./lib/browser.mjs";
import { edit, flip, pick } from "./lib/building.mjs";
import { call } from "./lib/people.mjs";
import { see } from "./lib/see.mjs";
import { signIn } from "./lib/steps.mjs";

const env = process.env;
const began = Date.now();
const say = (line) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const url = env.VESTIBULE_URL;
const site = env.VESTIBULE_SITE;
const at = `${url}/sites/${site}`;
const folder = env.VESTIBULE_SHOTS;
if (folder) mkdirSync(folder, { recursive: true });
const seen = { url, folder, looks: env.VESTIBULE_LOOKS?.split(","), log: (look) => say(`pages seen: ${look}`) };

const browser = await launch();
const context = await visitor(browser, { viewport: { width: 1280, height: 800 }, locale: "en-GB", reducedMotion: "reduce" });
const page = await context.newPage();
const heard = complaints(page);
const faults = [];
const dialog = () => page.getByRole("dialog").last();
const button = (name) => dialog().getByRole("button", { name, exact: true });

function want(what, ok) {
  if (!ok) throw new Error(what);
}

/** Waits until the second door phone holds what is wanted. */
async function garage(what, ok) {
  let said;
  for (const end = Date.now() + patience; Date.now() < end; await page.waitForTimeout(200)) {
    said = await (await fetch(env.VESTIBULE_DOORS)).json();
    if (ok(said)) return;
  }
  throw new Error(`${what}: the garage holds ${JSON.stringify(said)}`);
}

/** Makes an access group: without a name and with its end before its beginning it is refused at both fields. */
async function makes() {
  await page.goto(`${at}/access`);
  await page.getByText("No access group yet").waitFor();
  await page.getByRole("button", { name: "New access group" }).first().click();
  await pick(dialog(), "Doors", "Garage · House A");
  await page.keyboard.press("Escape"); // closes the list alone
  await pick(dialog(), "Opens", "On days of the week");
  await dialog().getByRole("checkbox", { name: "Sunday" }).check();
  await dialog().getByLabel("To").fill("07:00");
  await button("New access group").click();
  const wrong = dialog().locator("[aria-invalid=true]");
  await wrong.first().waitFor();
  want("the wrong fields are not those", (await wrong.count()) > 0 && (await dialog().getByRole("textbox", { name: "Name" }).getAttribute("aria-invalid")) === "true");
  if (folder) await page.screenshot({ path: `${folder}/accessgroup-errors.png` });
  await dialog().getByRole("textbox", { name: "Name" }).fill("Cleaners");
  await button("New access group").click();
  await dialog().getByRole("textbox", { name: "Name" }).and(page.locator(":not([aria-invalid=true])")).waitFor();
  await dialog().getByLabel("To").and(page.locator("[aria-invalid=true]")).waitFor();
  await dialog().getByLabel("To").fill("17:59");
  await button("New access group").click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("row", { name: /Cleaners.*Garage.*Mon–Fri, Sun 08:00–17:59/ }).waitFor();
}

/** Lets somebody open by the group alone. */
async function gives(person) {
  await page.goto(`${at}/people/${person}`);
  await page.getByText("Own doors", { exact: true }).waitFor();
  await garage("the own doors", ({ users }) => users.length === 1);
  await page.getByRole("button", { name: "Change: Where the keys open" }).click();
  await flip(dialog().getByRole("switch", { name: "Own doors" }));
  await pick(dialog(), "Access groups", "Cleaners · Mon–Fri, Sun 08:00–17:59");
  await page.keyboard.press("Escape");
  await button("Save").click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByText("Not the own doors · Cleaners").waitFor();
  await garage("the group's doors", ({ users, schedules }) => users.join() === "Olga Brandt" && schedules === 1);
}

async function opensGroup() {
  await page.goto(`${at}/access`);
  await page.getByRole("button", { name: /Cleaners/ }).first().click();
  await dialog().getByRole("button", { name: "Delete" }).click();
}

/** Deletes the group: while somebody has it, it stays, and says so before and after; then it goes with one question, and from the device too. */
async function removes(person) {
  await opensGroup();
  await dialog().getByText("1 person has Cleaners. Take it from that person first; until then it stays.").waitFor();
  await button("Delete access group").click();
  await dialog().getByText("The access group still has 1 person.").waitFor();
  if (folder) await page.screenshot({ path: `${folder}/accessgroup-held.png` });
  await page.goto(`${at}/people/${person}`);
  await page.getByRole("button", { name: "Change: Where the keys open" }).click();
  await dialog().getByRole("combobox", { name: "Access groups" }).focus();
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Escape");
  await button("Save").click();
  await page.getByText("Nowhere: the keys open no door").waitFor();
  await opensGroup();
  await dialog().getByText("Nobody has Cleaners, so no key loses a door by it.").waitFor();
  await button("Delete access group").click();
  await page.getByText("No access group yet").waitFor();
  await garage("after all", ({ users, schedules }) => users.length === 0 && schedules === 0);
}

/** Moves the garage into a network group, from the page of that group. */
async function moves(group) {
  await page.goto(`${at}/networks/${group}`);
  await page.getByRole("button", { name: "Move devices here" }).click();
  await button("Move").click();
  await dialog().getByText("Choose at least one device.").waitFor();
  await dialog().getByRole("combobox", { name: "Devices" }).fill("Gar");
  await page.getByRole("option", { name: /^Garage/ }).click();
  await page.keyboard.press("Escape");
  await button("Move 1 device").click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("row", { name: /Garage/ }).waitFor();
}

/** What a device was to be given and cannot be stands by name at what it can do: this agent takes no calls over TLS. */
async function leftOut() {
  await page.goto(`${at}/devices/${env.VESTIBULE_DEVICE}`);
  await edit(page, (form) => pick(form, "Connection type", "TLS"));
  await page.locator("[data-feature=sip_tls]").getByText("Left out").waitFor();
}

/** The panel about DHCP shows an address at which the agent does serve files; to us it gives none. */
async function files() {
  await page.goto(`${at}/agents`);
  await page.getByText("Provisioning by DHCP").click();
  const option = page.getByRole("list", { name: "Provisioning by DHCP" }).getByRole("listitem").filter({ hasText: "Option 66" });
  const address = await option.locator(".mono").innerText();
  want(`option 66 is ${address}`, /^http:\/\/127\.0\.0\.1:\d+\/$/.test(address));
  want("the agent gives its files to anybody", (await fetch(`${address}0C1105000001.cfg`)).status === 404);
}

try {
  await signIn(page, url, env.VESTIBULE_LOGIN, env.VESTIBULE_PASSWORD);
  const state = () => context.storageState();
  faults.push(...(await see(browser, { ...seen, pages: [{ name: "accessgroups-empty", path: `/sites/${site}/access` }], state: await state() })));
  const person = (await call(page, url, "POST", `/sites/${site}/people`, { apartment_id: env.VESTIBULE_APARTMENT, first_name: "Olga", last_name: "Brandt" })).id;
  await call(page, url, "POST", `/sites/${site}/people/${person}/keys/pin`, { pin: "" });
  await makes();
  say("an access group; what none is was refused at its fields");
  await gives(person);
  say("the device lets in by the group alone");
  const open = (name) => async (p) => {
    await p.getByRole("button", { name }).first().click();
    await p.getByRole("dialog").waitFor();
  };
  const watched = await context.newPage();
  await watched.goto(`${at}/devices/${env.VESTIBULE_DEVICE}`);
  await watched.getByText("Nothing yet; a door that nobody uses is silent").waitFor();
  await watched.getByText("Live", { exact: true }).waitFor(); // the page is open: what happens from here on reaches it
  want("nobody stood at the door", (await fetch(env.VESTIBULE_DOORS, { method: "POST" })).ok);
  await files();
  await leftOut();
  const other = await call(page, url, "POST", `/sites/${site}/groups`, { name: "Garage LAN" });
  await moves(other.id);
  say("DHCP options, and a network group on its page");
  await watched.getByText("Nothing yet; a door that nobody uses is silent").waitFor({ state: "detached" });
  await watched.close();
  say("the device told something, and its page says when without being loaded again");
  const { items } = await call(page, url, "GET", `/sites/${site}/groups`);
  const first = items.find((g) => g.id !== other.id).id;
  const dhcp = async (p) => {
    await p.getByText("Provisioning by DHCP").click();
    await p.getByText("Option 67").scrollIntoViewIfNeeded();
  };
  const told = (p) => p.getByText("Last told by itself").scrollIntoViewIfNeeded();
  const keys = (p) => p.getByText("Where the keys open").scrollIntoViewIfNeeded();
  faults.push(...(await see(browser, { ...seen, state: await state(), pages: [
    { name: "accessgroups", path: `/sites/${site}/access` },
    { name: "accessgroup-edit", path: `/sites/${site}/access`, after: open(/Cleaners/) },
    { name: "person-keys", path: `/sites/${site}/people/${person}`, after: keys },
    { name: "person-keydoors", path: `/sites/${site}/people/${person}`, after: open("Change: Where the keys open") },
    { name: "network", path: `/sites/${site}/networks/${first}` },
    { name: "network-move", path: `/sites/${site}/networks/${first}`, after: open("Move devices here") },
    { name: "network-other", path: `/sites/${site}/networks/${other.id}` },
    { name: "agents-dhcp", path: `/sites/${site}/agents`, after: dhcp },
    { name: "device-left-out", path: `/sites/${site}/devices/${env.VESTIBULE_DEVICE}`, after: (p) => p.locator("[data-feature=sip_tls]").scrollIntoViewIfNeeded() },
    { name: "device-told", path: `/sites/${site}/devices/${env.VESTIBULE_DEVICE}`, after: told },
  ] })));
  await moves(first);
  await removes(person);
  say("a group that somebody has stays; one that nobody has goes, and from the device too");
} catch (err) {
  faults.push(err.stack?.split("\n").slice(0, 6).join(" | ") ?? err.message);
  if (folder) await page.screenshot({ path: `${folder}/fault-doors.png` }).catch(() => undefined);
} finally {
  await browser.close();
}
faults.push(...heard);
for (const fault of faults) console.error(`FAULT  ${fault}`);
say(faults.length > 0 ? `${faults.length} faults` : "all is well");
process.exit(faults.length > 0 ? 1 : 0);
