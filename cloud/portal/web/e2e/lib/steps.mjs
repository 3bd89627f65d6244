// What a person does in the portal, step by step.
import { renameSync, writeFileSync } from "node:fs";

const dialog = (page) => page.getByRole("dialog");

/** Opens the set-up link and makes the first account. */
export async function setUp(page, link, { name, organisation, email, password }) {
  await page.goto(link);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Organisation").fill(organisation);
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.waitForURL("**/sites");
  await page.getByRole("heading", { level: 1, name: "Sites" }).waitFor();
}

/** Leaves by the account menu. */
export async function signOut(page) {
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
}

/** Signs in with the keyboard alone. */
export async function signIn(page, url, email, password) {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("E-mail").and(page.locator(":focus")).waitFor();
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.waitForURL((u) => u.pathname === "/");
  await page.getByRole("button", { name: /^Account/ }).waitFor();
}

/** Makes a community with its first step alone; its managers wait. Gives its id. */
export async function newSite(page, url, name) {
  await page.goto(`${url}/sites/new/community`);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await page.getByRole("radio", { name: "Premium" }).click();
  await page.getByRole("button", { name: "Create site" }).click();
  const later = page.getByRole("button", { name: "Set later", exact: true });
  await later.or(page.getByRole("heading", { level: 1, name })).first().waitFor();
  if (await later.isVisible()) await later.click();
  await page.waitForURL(/\/sites\/[0-9a-f-]{36}$/);
  return page.url().split("/").at(-1);
}

/** Adds a building and apartments to it; gives nothing. */
export async function newHouse(page, at, { building, apartments }) {
  await page.goto(`${at}/buildings`);
  await page.getByRole("button", { name: "New building" }).click();
  await dialog(page).getByLabel("Name").fill(building);
  await dialog(page).getByRole("button", { name: "New building" }).click();
  await page.getByRole("heading", { level: 1, name: building }).waitFor();
  const house = page.url();
  for (const a of apartments) {
    await page.goto(house);
    await page.getByRole("button", { name: "New apartment" }).click();
    await dialog(page).getByRole("textbox", { name: "APT", exact: true }).fill(a.number);
    await dialog(page).getByLabel("Floor", { exact: true }).fill(a.floor);
    await dialog(page).getByRole("button", { name: "New apartment" }).click();
    await page.getByRole("heading", { level: 1, name: `Apartment ${a.number}` }).waitFor();
  }
}

/** Adds a person to the apartment that is open. */
export async function newPerson(page, { first, last }) {
  await page.getByRole("button", { name: "Add a person" }).click();
  await dialog(page).getByLabel("First name").fill(first);
  await dialog(page).getByLabel("Last name").fill(last);
  await dialog(page).getByRole("button", { name: "Add a person" }).click();
  await page.getByText(`${first} ${last}`).first().waitFor();
}

/** Gives a person of a site a PIN and a card: a common PIN is refused, a drawn one is shown once, and of the card only its end. */
export async function giveKeys(page, at, { name, card }) {
  await page.goto(`${at}/people`);
  await page.getByRole("link", { name }).first().click();
  await page.getByRole("button", { name: "Set PIN" }).click();
  await dialog(page).getByLabel("PIN").fill("1234");
  await dialog(page).getByRole("button", { name: "Set PIN" }).click();
  await dialog(page).getByText("easy to guess").waitFor();
  await dialog(page).getByLabel("PIN").fill("");
  await dialog(page).getByRole("button", { name: "Draw a PIN" }).click();
  await dialog(page).getByText("shown this once").waitFor();
  const pin = await dialog(page).getByLabel("PIN").first().inputValue();
  await dialog(page).getByRole("button", { name: "Close" }).first().click();
  await page.getByRole("button", { name: "Add card" }).click();
  await dialog(page).getByLabel("Number").fill(card);
  await dialog(page).getByRole("button", { name: "Add card" }).click();
  await page.getByText(`…${card.slice(-4)}`).first().waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Replace" }).waitFor();
  if (!/^[0-9]{6}$/.test(pin) || (await page.content()).includes(pin)) throw new Error("the PIN is not six digits, or is shown again");
}

/** Adds a relay board. */
export async function newBoard(page, at, board) {
  await page.goto(`${at}/boards`);
  await page.getByRole("button", { name: "Add a relay board" }).click();
  await dialog(page).getByLabel("Name").fill(board.name);
  await dialog(page).getByLabel("Address").fill(board.address);
  await dialog(page).getByLabel("Unit").fill(String(board.unit ?? 1));
  await dialog(page).getByLabel("Channels").fill(String(board.channels ?? 8));
  await dialog(page).getByRole("button", { name: "Add a relay board" }).click();
  await page.getByRole("button", { name: `Edit relay board: ${board.name}` }).waitFor();
}

async function pick(page, label, option) {
  await page.getByRole("combobox", { name: label, exact: true }).click();
  await page.getByRole("listbox", { name: label, exact: true }).getByRole("option", { name: option, exact: true }).click();
}

/** Adds a device; a wrong MAC is tried first, to see the words at its field. Ends on the page of the device. */
export async function newDevice(page, at, device) {
  await page.goto(`${at}/devices/new`);
  await page.getByRole("textbox", { name: "MAC" }).fill("0C11050B981");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(device.name);
  if (device.type) await pick(page, "Type", device.type);
  if (device.building) await pick(page, "Building", device.building);
  if (device.apartment) await pick(page, "Apartment", device.apartment);
  if (device.relay) await page.getByLabel("Name of the door").fill(device.relay);
  if (device.board) await pick(page, "Moved by", device.board);
  if (device.manual) await pick(page, "How it is configured", "By hand, any SIP device");
  if (device.address) await page.getByLabel("Fixed address").fill(device.address);
  if (device.api_user) await page.getByLabel("User of its web page").fill(device.api_user);
  if (device.api_password) await page.getByRole("textbox", { name: "Password of its web page" }).fill(device.api_password);
  await page.getByRole("button", { name: "Add a device" }).click();
  await page.getByText("12 hexadecimal digits").waitFor();
  await page.getByRole("textbox", { name: "MAC" }).fill(device.mac);
  await page.getByRole("button", { name: "Add a device" }).click();
  await page.getByRole("heading", { level: 1, name: device.name }).waitFor();
  await page.waitForURL(/\/devices\/[0-9a-f-]{36}$/);
  return page.url().split("/").at(-1);
}

/** Makes a claim and hands its link over: the file appears whole, for its owner alone. */
export async function claim(page, at, file, wait) {
  await page.goto(`${at}/agents/claim`);
  const link = (await page.locator("[data-claim-link]").innerText()).trim();
  writeFileSync(`${file}.part`, `${link}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
  await page.locator("[data-claim-state=online]").waitFor({ timeout: wait });
}

/** Presses Open with the keyboard and gives what the page says came of it. */
export async function open(page, at, device, door, wait) {
  await page.goto(`${at}/devices/${device}`);
  // An order about a device that the building does not hold yet would be refused.
  await page.locator("[data-walk] li[data-full]").nth(1).waitFor({ timeout: wait });
  const button = page.getByRole("button", { name: door ? `Open ${door}` : /^Open / }).first();
  const row = page.locator("[data-relay]").filter({ has: button });
  const outcome = row.locator("[data-outcome=answered]");
  // A building that has just heard of a device may still be looking for it: it says that nothing moved, and one presses again.
  for (const until = Date.now() + wait; ; await page.waitForTimeout(3000)) {
    // What an earlier press came to stands there until this one is asked: its own answer is waited for first.
    await Promise.all([page.waitForResponse((r) => r.request().method() === "POST" && r.url().includes(`/devices/${device}/`)), button.press("Enter")]);
    await outcome.waitFor();
    const words = (await outcome.innerText()).trim();
    if (!/did not answer; nothing moved/.test(words) || Date.now() > until) return words;
  }
}

/** Waits until the row of an opening stands in the log of the device and in the site's log. */
export async function seeRow(page, at, words) {
  const row = page.locator("[data-kind=door_log]").filter({ hasText: words }).first();
  await row.waitFor();
  await page.goto(`${at}/log`);
  await row.waitFor();
  await row.getByRole("button").click();
  await dialog(page).getByRole("heading", { name: "Proof" }).waitFor();
  await page.keyboard.press("Escape");
}
