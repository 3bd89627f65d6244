// A building described by hand, in a real browser: an installer makes sites of every kind, describes a community of three buildings and edits it; the
// edits are watched on their way to a simulated building, with its agent running, stopped and back. Then every form and list of that in every look.
//   VESTIBULE_SETUP_URL   the set-up link as the cloud prints it
//   VESTIBULE_MAILS       address of the test's postbox
//   VESTIBULE_HANDS       address at which the test starts and stops the agent
//   VESTIBULE_BUILDING    JSON of the simulated building, as its control server lists it
//   VESTIBULE_SHOTS       folder for pictures
//   VESTIBULE_LOOKS       names of the looks to see, with commas between (default: all)
import { mkdirSync } from "node:fs";
import { complaints, launch } from "./lib/browser.mjs";
import * as build from "./lib/building.mjs";
import * as people from "./lib/people.mjs";

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

const browser = await launch();
const faults = [];
const open = [];

/** A browser of its own for somebody. */
async function somebody() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  open.push([page, complaints(page)]);
  return page;
}

function want(what, ok) {
  if (!ok) throw new Error(what);
}

/** The installer under a distributor under the operator, with everything open that those above open. */
async function installer() {
  const mara = await somebody();
  const token = link.split("#token=")[1];
  await people.call(mara, url, "POST", "/setup", { token, email: "mara@example.com", password, name: "Mara Keller", organisation: "Keller Cloud" });
  await people.call(mara, url, "POST", "/orgs", { name: "Gate Distribution", account: { name: "Dana Kim", email: "dana@example.com" }, gates: { offline_solution: true } });
  const dana = await somebody();
  await people.activate(dana, (await mails.wait("dana@example.com")).Link, password);
  await people.call(dana, url, "POST", "/orgs", { name: "Doors Ltd", account: { name: "Ina Bauer", email: "ina@example.com" }, gates: { community_calls: true, payment: true } });
  const ina = await somebody();
  await people.activate(ina, (await mails.wait("ina@example.com")).Link, password, { provider: true });
  return ina;
}

/** An edit on its way: agent stopped, then back, with devices that take their time so that each step is seen. */
async function receipts(page, at, device) {
  await page.goto(`${at}/devices/${device}`);
  await build.standsAt(page, "applied");
  await agent.stop();
  await build.watchReceipt(page);
  await build.edit(page, (form) => form.getByLabel("Open for (ms)").first().fill("4500"));
  await build.standsAt(page, "saved");
  await page.waitForTimeout(2_000);
  want("with the agent stopped the edit went on", (await build.walked(page)).join(" ") === "applied saved");
  say("with the agent stopped the edit stays saved");
  await house.act("Door phone 2", "quirk", { latency_millis: 500 });
  await agent.start();
  await build.standsAt(page, "applied");
  const states = (await build.walked(page)).join(" → ");
  want(`the edit walked ${states}`, states === "applied → saved → held → written → applied");
  say(`the edit walked ${states}`);
  await house.act("Door phone 2", "quirk", { latency_millis: 0 });
}

try {
  const ina = await installer();
  say("the installer is in");
  const site = (await people.call(ina, url, "POST", "/sites", { name: "Lindenhof", time_zone: "Europe/Berlin" })).id;
  const at = `${url}/sites/${site}`;
  const door = house.device("Door phone 2");
  const device = await people.call(ina, url, "POST", `/sites/${site}/devices`, {
    name: "Gate", mac: door.mac, type: 0, api_user: door.api_user, api_password: door.api_password, relays: [{ number: 1, name: "Gate", enabled: true, dtmf: "#" }],
  });
  await build.claim(ina, at, agent);
  await receipts(ina, at, device.id);
} catch (err) {
  faults.push(err.stack?.split("\n").slice(0, 6).join(" | ") ?? err.message);
  if (folder) for (const [i, [page]] of open.entries()) await page.screenshot({ path: `${folder}/fault-building-${i}.png` }).catch(() => undefined);
} finally {
  await browser.close();
}
for (const [, heard] of open) faults.push(...heard);
for (const fault of faults) console.error(`FAULT  ${fault}`);
say(faults.length > 0 ? `${faults.length} faults` : "all is well");
process.exit(faults.length > 0 ? 1 : 0);
