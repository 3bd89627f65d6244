// Spreadsheets in a real browser: a community of three buildings with forty apartments each by a sheet, three bad rows corrected in the grid, applied,
// undone and applied again; what is exported changes nothing when it is read again; 200 apartments changed at once and changed back; ten thousand rows
// scrolled. Then the pages in every look.
//   VESTIBULE_SETUP_URL   the set-up link as the cloud prints it
//   VESTIBULE_SHOTS       folder for pictures
//   VESTIBULE_LOOKS       names of the looks to see, with commas between (default: all)
import { mkdirSync } from "node:fs";
import { complaints, launch, patience, visitor } from "./lib/browser.mjs";
import * as people from "./lib/people.mjs";
import { see } from "./lib/see.mjs";

const env = process.env;
const began = Date.now();
const say = (line) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const link = env.VESTIBULE_SETUP_URL;
const url = new URL(link).origin;
const folder = env.VESTIBULE_SHOTS;
if (folder) mkdirSync(folder, { recursive: true });

const browser = await launch();
const context = await visitor(browser, { viewport: { width: 1280, height: 800 }, locale: "en-GB", reducedMotion: "reduce" });
const page = await context.newPage();
const heard = complaints(page);
const faults = [];

function want(what, ok) {
  if (!ok) throw new Error(what);
}

const titles = "Building,Accessible Floors,Apt,AptName,Device,FirstName,LastName,Email,MobileNumber,TelephoneCallingCode,1stPhone,2ndPhone,3rdPhone,CallType,Web Relay ID,Analog Handset";

/** A sheet of buildings with forty apartments each; `spoil` changes the cells of a row. */
function sheet(buildings, spoil = () => {}, perBuilding = 40) {
  const rows = [titles];
  for (const [b, name] of buildings.entries()) {
    for (let i = 0; i < perBuilding; i++) {
      const at = b * perBuilding + i;
      const mac = (0x0c1105000000 + at + 1 + 100_000 * name.charCodeAt(0)).toString(16).toUpperCase().padStart(12, "0");
      const apt = `${Math.floor(i / 4) + 1}0${(i % 4) + 1}${perBuilding > 40 ? i : ""}`.slice(0, 6);
      const cells = [name, String(Math.floor(i / 4) % 100), apt, "", `"Monitor,2,${mac}"`, `Rita ${at}`, name, "", `1458${at}`, "49", "", "", "", "1", "0", ""];
      spoil(at, cells);
      rows.push(cells.join(","));
    }
  }
  return rows.join("\r\n");
}

const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

async function upload(site, name, text) {
  await page.goto(`${url}/sites/${site}/imports`);
  await page.locator('input[type="file"]').setInputFiles(file(name, text));
  await page.waitForURL(/\/imports\/[0-9a-f-]{36}/);
}

async function press(name) {
  await page.getByRole("button", { name }).first().click();
}

const sees = (text) => page.getByText(text).first().waitFor();

async function exported(site) {
  const answer = await context.request.get(`${url}/api/v1/sites/${site}/export?format=csv`);
  want("the export answers", answer.ok());
  return answer.text();
}

async function undo() {
  await press("Undo this import");
  await page.getByRole("dialog").getByRole("button", { name: "Undo this import" }).click();
  await sees("Undone. The site is as it was before this import.");
}

async function picture(name) {
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

async function run() {
  const password = `Nine-${Math.random().toString(36).slice(2, 12)}-doors-7`;
  await people.call(page, url, "POST", "/setup", { token: link.split("#token=")[1], email: "ina@example.com", password, name: "Ina Bauer", organisation: "Doors Ltd" });
  const site = (await people.call(page, url, "POST", "/sites", { name: "Seaside", time_zone: "Europe/Berlin", kind: "community" })).id;
  const empty = await exported(site);

  const bad = { 3: [2, "#103"], 50: [13, "9"], 100: [4, "\"Monitor,2\""] };
  await upload(site, "seaside.csv", sheet(["East", "West", "North"], (at, cells) => bad[at] && (cells[bad[at][0]] = bad[at][1])));
  await sees("3 rows have errors. Correct them in the grid, or leave them out.");
  await picture("sheets-errors");
  want("a plan with errors cannot be applied", await page.getByRole("button", { name: "Apply 117 rows" }).isDisabled());
  await page.getByText("Errors 3").click();
  await page.getByLabel(/^Apt, Row 5:/).fill("999");
  await page.getByLabel(/^CallType, Row 52:/).fill("3");
  await page.getByLabel(/^Device, Row 102:/).fill("Monitor,2,0C11059999AA");
  await picture("sheets-corrected");
  await press("Save 3 corrected rows");
  await page.getByRole("button", { name: "Apply 120 rows" }).click();
  await sees("Applied. You can take it back as long as nothing of it was changed.");
  say("120 apartments applied");
  const full = await exported(site);
  want("120 apartments are there", full.trim().split("\n").length === 121);
  await picture("sheets-applied");
  await undo();
  want("the undo gives the export of before", (await exported(site)) === empty);
  await press("Plan again");
  await page.getByRole("button", { name: "Apply 120 rows" }).click();
  await sees("Applied. You can take it back as long as nothing of it was changed.");
  want("applied again it is the same", (await exported(site)) === full);
  say("undone and applied again");

  await upload(site, "export.csv", full);
  await sees("This plan changes nothing: the site has all of it already.");
  await upload(site, "more.csv", sheet(["South", "Middle"]));
  await page.getByRole("button", { name: "Apply 80 rows" }).click();
  await sees("Applied. You can take it back as long as nothing of it was changed.");

  const before = await exported(site);
  await page.goto(`${url}/sites/${site}/imports`);
  await page.getByRole("button", { name: "Change many homes" }).click();
  await page.getByLabel(/^Select all shown \(200\)/).click();
  await sees("200 homes selected");
  await page.getByRole("textbox", { name: "Web Relay ID" }).fill("7");
  await picture("sheets-bulk");
  await press("Make a plan");
  await page.getByRole("button", { name: "Apply 200 rows" }).click();
  await sees("Applied. You can take it back as long as nothing of it was changed.");
  want("200 apartments have the relay", (await exported(site)).split(",7,\r\n").length === 201);
  await undo();
  want("the bulk edit is undone", (await exported(site)) === before);
  say("200 apartments changed and changed back");

  const large = (await people.call(page, url, "POST", "/sites", { name: "Large", time_zone: "UTC", kind: "community" })).id;
  await upload(large, "large.csv", sheet(["P", "Q", "R", "S", "T"], undefined, 2000));
  await page.getByRole("button", { name: /^Apply [0-9,]+ rows/ }).waitFor({ timeout: 5 * patience });
  const { most, missed, worst } = await scroll();
  say(`10,000 rows scrolled, at most ${most} of them drawn; the longest frame took ${worst.toFixed(0)} ms`);
  want(`the grid draws ${most} rows at once`, most < 100);
  want(`the grid draws nothing at the rows ${missed}`, missed.length === 0);
  faults.push(...heard.map((h) => `while working: ${h}`));

  const plans = (await people.call(page, url, "GET", `/sites/${site}/imports`)).items;
  const wrong = await people.call(page, url, "POST", `/sites/${site}/imports?name=wrong.csv`, `${titles}\r\nEast,,#1,,"Bell,7,12",,Bauer,x,,,,,,9,,`);
  const pages = [
    { name: "imports-empty", path: `/sites/${(await people.call(page, url, "POST", "/sites", { name: "Empty", time_zone: "UTC", kind: "community" })).id}/imports` },
    { name: "imports", path: `/sites/${site}/imports` },
    { name: "import-applied", path: `/sites/${site}/imports/${plans.find((p) => p.phase === "applied").id}` },
    { name: "import-undone", path: `/sites/${site}/imports/${plans.find((p) => p.phase === "undone").id}` },
    { name: "import-errors", path: `/sites/${site}/imports/${wrong.id}` },
    { name: "import-row", path: `/sites/${site}/imports/${wrong.id}`, after: (p) => p.getByRole("button", { name: "Open row 2" }).click() },
    {
      name: "managers-sheet", path: "/managers", after: async (p) => {
        await p.getByRole("button", { name: "From a sheet" }).click();
        await p.locator('input[type="file"]').setInputFiles(file("managers.csv", "First Name,Last Name,Email,Project\r\nMia,Moss,mia@example.com,Seaside\r\n,Moss,x,Nowhere"));
        await p.getByRole("button", { name: "Apply 1 row" }).waitFor();
      },
    },
    { name: "import-bulk", path: `/sites/${site}/imports`, after: (p) => p.getByRole("button", { name: "Change many homes" }).click() },
  ];
  faults.push(...(await see(browser, { url, pages, folder, state: await context.storageState(), looks: env.VESTIBULE_LOOKS?.split(","), log: (look) => say(`pages seen: ${look}`) })));
}

/** Scrolls the grid from end to end and back in large steps; gives the most rows drawn at once, the places where no row was, and the longest time between two frames. */
function scroll() {
  return page.getByRole("table", { name: "Rows of the plan" }).evaluate(async (grid) => {
    const seen = { most: 0, missed: [], worst: 0 };
    let last = performance.now();
    const frame = async () => {
      await new Promise((done) => requestAnimationFrame(done));
      const now = performance.now();
      seen.worst = Math.max(seen.worst, now - last);
      last = now;
      seen.most = Math.max(seen.most, grid.querySelectorAll("[role=row]").length);
    };
    for (let i = 0; i < 120; i++) {
      const at = (i * 7919) % 9_900;
      const drawn = () => grid.querySelector(`[aria-rowindex="${at + 2}"]`);
      grid.scrollTop = at * 40;
      await frame();
      for (let frames = 0; frames < 600 && !drawn(); frames++) await frame();
      if (!drawn()) seen.missed.push(at);
    }
    return seen;
  });
}

try {
  await run();
} catch (err) {
  faults.push(err.stack ?? String(err));
  if (folder) await page.screenshot({ path: `${folder}/failed.png` });
} finally {
  await browser.close();
}
for (const f of faults) console.log(`FAULT ${f}`);
process.exit(faults.length > 0 ? 1 : 0);
