// A building described by hand, in a real browser: an installer makes sites of every kind, describes a community of three buildings and edits it; the
// edits are watched on their way to a simulated building, with its agent running, stopped and back. Then every form and list of that in every look.
//   VESTIBULE_SETUP_URL   the set-up link as the cloud prints it
//   VESTIBULE_MAILS       address of the test's postbox
//   VESTIBULE_HANDS       address at which the test starts and stops the agent
//   VESTIBULE_BUILDING    JSON of the simulated building, as its control server lists it
//   VESTIBULE_SHOTS       folder for pictures
//   VESTIBULE_LOOKS       names of the looks to see, with commas between (default: all)
import { mkdirSync } from "node:fs";
import { badApartment, badMonitor } from "./lib/badinput.mjs";
import { complaints, launch, visitor } from "./lib/browser.mjs";
import * as build from "./lib/building.mjs";
import { byKeys } from "./lib/bykeys.mjs";
import { emptyBuildingPages, fullBuildingPages } from "./lib/buildingpages.mjs";
import * as people from "./lib/people.mjs";
import * as seeds from "./lib/seeds.mjs";
import { see } from "./lib/see.mjs";

const env = process.env;
const began = Date.now();
const say = (line) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const link = env.VESTIBULE_SETUP_URL;
const url = new URL(link).origin;
const mails = people.postbox(env.VESTIBULE_MAILS);
const agent = build.hands(env.VESTIBULE_HANDS);
const house = build.simulated(JSON.parse(env.VESTIBULE_BUILDING));
const password = `Nine-${Math.random().toString(36).slice(2, 12)}-doors-7`;
const folder = env.VESTIBULE_SHOTS;
if (folder) mkdirSync(folder, { recursive: true });
const seen = { url, folder, looks: env.VESTIBULE_LOOKS?.split(","), log: (look) => say(`pages seen: ${look}`) };

const browser = await launch();
const faults = [];
const open = [];

/** A browser of its own for somebody, or one more window of a browser that there is. */
async function window(context) {
  const page = await (context ?? (await visitor(browser, { viewport: { width: 1280, height: 800 }, locale: "en-GB", reducedMotion: "reduce" }))).newPage();
  open.push([page, complaints(page)]);
  return page;
}

function want(what, ok) {
  if (!ok) throw new Error(what);
}

async function picture(page, name) {
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

/** The installer under a distributor under the operator, with everything open that those above open. */
async function installer() {
  const mara = await window();
  const token = link.split("#token=")[1];
  await people.call(mara, url, "POST", "/setup", { token, email: "mara@example.com", password, name: "Mara Keller", organisation: "Keller Cloud" });
  await people.call(mara, url, "POST", "/orgs", { name: "Gate Distribution", account: { name: "Dana Kim", email: "dana@example.com" }, gates: { offline_solution: true } });
  const dana = await window();
  await people.activate(dana, (await mails.wait("dana@example.com")).Link, password);
  await people.call(dana, url, "POST", "/orgs", { name: "Doors Ltd", account: { name: "Ina Bauer", email: "ina@example.com" }, gates: { community_calls: true, payment: true } });
  const ina = await window();
  await people.activate(ina, (await mails.wait("ina@example.com")).Link, password, { provider: true });
  return ina;
}

/** One site of each kind, each by its own form. */
async function sites(page) {
  const name = (text) => (form) => form.getByRole("textbox", { name: "Name", exact: true }).fill(text);
  const home = await build.newSite(page, url, "single", async (form) => {
    await name("Ryan Hill")(form);
    await form.getByRole("textbox", { name: "E-mail" }).fill("ryan@example.com");
  });
  const community = await build.newSite(page, url, "community", async (form) => {
    await name("Lindenhof")(form);
    await form.getByRole("radio", { name: "Premium" }).click();
    await build.pick(form, "Country", "Germany");
    await form.getByRole("button", { name: "Next: advanced info" }).click();
    await build.flip(form.getByRole("switch", { name: /^Community calls/ }));
    await build.pick(form, "PIN access mode", "APT+PIN");
  });
  const tower = await build.newSite(page, url, "commercial", async (form) => {
    await name("Harbour tower")(form);
    await form.getByRole("radio", { name: "Multi-company site" }).click();
  });
  const shop = await build.newSite(page, url, "commercial", async (form) => {
    await name("Corner shop")(form);
    await form.getByRole("radio", { name: "Single-company site" }).click();
    await build.flip(form.getByRole("switch", { name: /^Create PIN/ }));
  });
  const office = await build.newSite(page, url, "office", name("Old mill"));
  return { community, tower, shop, office, home };
}

/** Three buildings, four apartments with who lives there, the doors and the monitors. */
async function describe(page, at) {
  const a = await build.newBuilding(page, at, "House A", { ground: "G0", start: "1" });
  const b = await build.newBuilding(page, at, "House B");
  await build.newBuilding(page, at, "House C");
  const flat = await build.newApartment(page, a, { number: "101", floor: "1", first: "Olga", last: "Brandt", email: "olga@example.com" });
  await build.newApartment(page, a, { number: "102", floor: "1", first: "Jonas", last: "Kim" });
  await build.newApartment(page, b, { number: "2#201", floor: "2", first: "Mei", last: "Okafor" });
  await badApartment(page, a);
  say("three buildings and their apartments; what no apartment is was refused at its field");
  const ids = { building: a.split("/").at(-1), apartment: flat.split("/").at(-1) };
  const [old, fresh] = ["Door phone 1", "Door phone 2"].map(house.device);
  const page_of = (d) => async (form) => {
    await form.getByLabel("User of its web page").fill(d.api_user);
    await form.getByRole("textbox", { name: "Password of its web page" }).fill(d.api_password);
  };
  const gate = await build.newDevice(page, at, {}, { name: "Main gate", mac: fresh.mac }, async (form) => {
    await page_of(fresh)(form);
    await form.getByLabel("Name of the door").first().fill("Gate");
    await form.getByRole("button", { name: "Add a relay" }).first().click();
    await form.getByLabel("Name of the door").nth(1).fill("Garage");
    const methods = form.getByRole("group", { name: /Garage/ });
    for (const way of ["Face", "NFC"]) await methods.getByRole("checkbox", { name: way }).uncheck();
  });
  const door = await build.newDevice(page, at, { building: ids.building }, { name: "Door A", mac: old.mac }, page_of(old));
  const [first, second] = ["Monitor 1", "Monitor 2"].map(house.device);
  const inside = { building: ids.building, apartment: ids.apartment };
  const monitor = await build.newDevice(page, at, inside, { type: "Monitor", name: "Kitchen", mac: first.mac }, async (form) => {
    await page_of(first)(form);
    await build.flip(form.getByRole("switch", { name: "Works offline" }));
  });
  await badMonitor(page, at, inside, { mac: second.mac, other: "Kitchen" });
  say("doors and monitors; what no monitor is was refused at its field or not offered");
  return { ...ids, gate, door, monitor, flat };
}

/** What the old firmware of a door cannot do is said at the field, with the firmware that would bring it. */
async function gated(page, at, made) {
  await page.goto(`${at}/devices/${made.door}`);
  await page.getByText("29.30.2.803").first().waitFor();
  const form = await build.openEdit(page);
  await form.getByText("Needs 29.30.10.112, has 29.30.2.803 — upgrade.").waitFor();
  want("ways to unlock can be chosen below their firmware", await form.getByRole("checkbox", { name: "NFC" }).first().isDisabled());
  await picture(page, "device-gated");
  await page.keyboard.press("Escape");
  await page.goto(made.flat);
  await build.edit(page, async (apartment) => {
    await build.pick(apartment, "Contact preference", "Sequence call: set after set");
    await apartment.getByText("Needs 29.30.10.205, has 29.30.2.803 — upgrade.").waitFor();
    await apartment.getByRole("group", { name: "Sets of the sequence" }).getByRole("checkbox", { name: "indoor monitors" }).first().check();
  });
  await page.getByRole("region", { name: "Kept, but not on every device" }).getByText("Needs 29.30.10.205, has 29.30.2.803").waitFor();
  await picture(page, "apartment-kept");
}

/** One apartment in two windows: the slower one is shown both versions and settles field by field. */
async function twoWindows(page, made) {
  await page.goto(made.flat);
  const mine = await build.openEdit(page);
  await mine.getByLabel("APT name", { exact: true }).fill("Garden side");
  await mine.getByLabel("Floor", { exact: true }).fill("2");
  const other = await window(page.context());
  await other.goto(made.flat);
  await build.edit(other, async (form) => {
    await form.getByLabel("APT name", { exact: true }).fill("Courtyard");
    await form.getByLabel("Floor", { exact: true }).fill("3");
  });
  await other.close();
  await mine.getByRole("button", { name: "Save", exact: true }).click();
  const both = page.getByRole("dialog", { name: "Somebody else changed this" });
  for (const text of ["Garden side", "Courtyard", "Floor 2", "Floor 3"]) await both.getByText(text, { exact: true }).waitFor();
  await picture(page, "conflict");
  await both.getByRole("group", { name: "APT name" }).getByRole("radio", { name: /^Yours/ }).check();
  await both.getByRole("group", { name: "Floor" }).getByRole("radio", { name: /^Saved now/ }).check();
  await both.getByRole("button", { name: "Save choice" }).click();
  await page.getByRole("dialog").first().waitFor({ state: "detached" });
  await page.getByText("Garden side").first().waitFor();
  await page.getByText("Floor 3").first().waitFor();
}

/** A manager, in by mail link, resets the home for its next tenant: the page lists what the guides list, and does it. */
async function movesOut(page, at, made, site) {
  await people.call(page, url, "POST", `/sites/${site}/people`, { apartment_id: made.apartment, first_name: "Kim", last_name: "Brandt", email: "kim@example.com" });
  await people.newManager(page, url, { first: "Marta", last: "Zielińska", email: "marta@example.com", language: "Polski", site: "Lindenhof" });
  const { items } = await people.call(page, url, "GET", `/sites/${site}/managers`);
  await people.call(page, url, "PUT", `/sites/${site}/managers/${items[0].account_id ?? items[0].id}`, { delete_accounts: true });
  const marta = await window();
  await people.activate(marta, (await mails.wait("marta@example.com")).Link, password);
  await marta.goto(made.flat);
  await marta.getByRole("button", { name: "Reset for next tenant" }).click();
  const plan = marta.getByRole("dialog");
  const column = async (name) => (await plan.getByRole("region", { name }).getByRole("listitem").allInnerTexts()).map((line) => line.replaceAll(/\s+/g, " ").trim());
  await plan.getByRole("region", { name: "Removed" }).waitFor();
  const removed = (await column("Removed")).join(" · ");
  want(`removed: ${removed}`, removed === "1 family member with its account · 2 e-mail addresses");
  const anew = (await column("Set anew")).join(" · ");
  want(`set anew: ${anew}`, anew === "App status unregistered · Name of the resident: drawn at random · Landline service off · Landline status off · Code on the monitor new");
  const kept = await column("Kept");
  for (const line of ["Subscription", "3 free family members", "Audit", "1 device", "SIP number", "Calls by", "Time zone", "Language", "Home automation", "Premium plan", "With indoor monitor", "Contact preference"]) {
    want(`kept has no ${line}: ${kept.join(" · ")}`, kept.some((k) => k.includes(line)));
  }
  await picture(marta, "reset-plan");
  await plan.getByRole("button", { name: "Reset this home" }).click();
  await plan.getByText("The home is ready for its next tenant.").waitFor();
  await plan.getByRole("button", { name: "Close" }).last().click();
  await plan.waitFor({ state: "detached" });
  await marta.getByText("Kim Brandt").first().waitFor({ state: "detached" });
  await marta.getByText("Olga Brandt").first().waitFor({ state: "detached" });
  await marta.context().close();
}

/** An edit on its way: agent stopped, then back, with devices that take their time so that each step is seen; then one more with the agent there. */
async function receipts(page, at, device) {
  await page.goto(`${at}/devices/${device}`);
  await build.standsAt(page, "read back");
  await agent.stop();
  await build.watchWalk(page);
  const edit = (ms) => build.edit(page, (form) => form.getByLabel("Open for (ms)").first().fill(ms));
  await edit("4500");
  await build.standsAt(page, "saved");
  await page.getByText(/agent .* is offline since .*; it will take this when it returns/).waitFor();
  await page.waitForTimeout(2_000);
  want(`with the agent stopped the edit walked ${await build.walked(page)}`, String(await build.walked(page)) === "read back,saved");
  await picture(page, "receipt-saved");
  say("with the agent stopped the edit stays saved, and the page says since when");
  await house.act("Door phone 2", "quirk", { latency_millis: 1_000 }); // longer than the page takes to learn of a step, on a busy machine too
  await agent.start();
  await build.standsAt(page, "read back");
  const steps = await build.walked(page);
  // A step that lasts for less than the agent's reports take may be passed over in one of the walks.
  await edit("5500");
  await page.waitForFunction((n) => window.walked.length > n && window.walked.at(-1) === "read back", steps.length);
  const walks = (await build.walked(page)).join(" → ").split("read back").map((walk) => walk.split(" → ").filter(Boolean));
  say(`the edits walked ${walks.slice(1, -1).map((walk) => [...walk, "read back"].join(" → ")).join("; ")}`);
  const order = ["saved", "held by the building", "written to the device"];
  for (const walk of walks) want(`an edit walked ${walk}`, walk.every((step, i) => order.indexOf(step) > order.indexOf(walk[i - 1])));
  want("a step was never seen", order.every((step) => walks.some((walk) => walk.includes(step))));
  await house.act("Door phone 2", "quirk", { latency_millis: 0 });
}

try {
  const ina = await installer();
  say("the installer is in");
  const made = await sites(ina);
  say("a site of each kind");
  const at = `${url}/sites/${made.community}`;
  const state = () => ina.context().storageState();
  faults.push(...(await see(browser, { ...seen, pages: emptyBuildingPages(made), state: await state() })));
  const homes = await describe(ina, at);
  await build.claim(ina, at, agent);
  say("the agent is claimed");
  await receipts(ina, at, homes.gate);
  await gated(ina, at, homes);
  say("forms name the firmware that is missing");
  await twoWindows(ina, homes);
  say("two windows, settled field by field");
  await movesOut(ina, at, homes, made.community);
  say("a manager moved a resident out");
  await byKeys(await window(ina.context()), url, (line) => faults.push(`keyboard: ${line}`), say);
  const more = await seeds.fillCommunity(ina, url, made.community, homes.building);
  await seeds.fillOffice(ina, url, made.office);
  await seeds.fillCommercial(ina, url, made.tower);
  const family = await seeds.fillHome(ina, url, made.home, async (email) => {
    const ryan = await window();
    await people.activate(ryan, (await mails.wait(email)).Link, password);
    await ryan.context().close();
  });
  faults.push(...(await see(browser, { ...seen, pages: fullBuildingPages({ ...made, ...homes, more, family }), state: await state() })));
} catch (err) {
  faults.push(err.stack?.split("\n").slice(0, 6).join(" | ") ?? err.message);
  for (const [i, [page]] of open.entries()) if (folder && !page.isClosed()) await page.screenshot({ path: `${folder}/fault-building-${i}.png` }).catch(() => undefined);
} finally {
  await browser.close();
}
for (const [, heard] of open) faults.push(...heard);
for (const fault of faults) console.error(`FAULT  ${fault}`);
say(faults.length > 0 ? `${faults.length} faults` : "all is well");
process.exit(faults.length > 0 ? 1 : 0);
