// What an installer does to describe a building, and what the page says of an edit on its way to the devices.

/** Starts and stops the agent; `base` is the test's. */
export function hands(base) {
  const ask = async (method, body) => {
    const answer = await fetch(`${base}/agent`, { method, body });
    if (!answer.ok) throw new Error(`${method} /agent: ${answer.status}`);
  };
  return { start: (link = "") => ask("POST", link), stop: () => ask("DELETE") };
}

/** The simulated building: its devices by name, and acts on them. */
export function simulated({ control_url: url, token, devices }) {
  const device = (name) => devices.find((d) => d.name === name) ?? fail(`the building has no ${name}`);
  const act = async (name, what, body) => {
    const answer = await fetch(`${url}/devices/${encodeURIComponent(name)}/${what}`, {
      method: "POST", headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${what} of ${name}: ${answer.status} ${await answer.text()}`);
  };
  return { device, act };
}

function fail(line) {
  throw new Error(line);
}

/** Claims an agent from the page and starts it; ends when the page says that it is online. */
export async function claim(page, at, agent) {
  await page.goto(`${at}/agents/claim`);
  await agent.start((await page.locator("[data-claim-link]").innerText()).trim());
  await page.locator("[data-claim-state=online]").waitFor();
}

/** Notes each step that the page says an edit has come to, from now on and without a load of the page: that would end the notes. */
export async function watchWalk(page) {
  await page.locator("[data-walk] li").first().waitFor();
  await page.evaluate(() => {
    const read = () => [...document.querySelectorAll("[data-walk] li[data-full]")].at(-1)?.firstChild.textContent;
    window.walked = [read()];
    new MutationObserver(() => {
      const now = read();
      if (now && now !== window.walked.at(-1)) window.walked.push(now);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}

/** The steps seen since; fails when the page was loaded anew. */
export async function walked(page) {
  return (await page.evaluate(() => window.walked)) ?? fail("the page was loaded anew while the edit was on its way");
}

/** Waits until the page says that the newest edit has come to a step and no further. */
export async function standsAt(page, step) {
  await page.waitForFunction((s) => [...document.querySelectorAll("[data-walk] li[data-full]")].at(-1)?.firstChild.textContent === s, step);
}

const dialog = (page) => page.getByRole("dialog");

/** The options of the open list of a form: those of another list that is on its way out are none of them. */
export const optionsOf = (form, label) => form.page().getByRole("listbox", { name: label, exact: true }).getByRole("option");

/** Chooses an option of a list of a form; a long list is narrowed by typing. */
export async function pick(form, label, option) {
  const list = form.getByRole("combobox", { name: label, exact: true }).first();
  await list.click();
  if (await list.isEditable()) await list.fill(option);
  await optionsOf(form, label).and(form.page().getByRole("option", { name: option, exact: true })).click();
}

/** Turns a switch over as a mouse does: the box itself is not to be seen, so what is drawn of it is pressed, once it stands still. */
export const flip = (box) => box.locator("xpath=ancestor::label").click();

/** Makes a site on the page of its kind; `fill` says what is not as it begins. Gives its id. */
export async function newSite(page, url, kind, fill) {
  await page.goto(`${url}/sites/new/${kind}`);
  const form = page.locator("form");
  await form.waitFor();
  await fill(form);
  await form.getByRole("button", { name: "Create site", exact: true }).click();
  const later = page.getByRole("button", { name: "Set later", exact: true });
  await later.or(page.locator("h1[data-site]")).or(page.getByRole("link", { name: "Overview", exact: true })).first().waitFor();
  if (await later.isVisible()) await later.click(); // one or the other: which, the kind says
  await page.waitForURL(/\/sites\/[0-9a-f-]{36}$/);
  return page.url().split("/").at(-1);
}

/** Adds a building, with floors where they are named; gives its address. */
export async function newBuilding(page, at, name, { ground, start } = {}) {
  await page.goto(`${at}/buildings`);
  await page.getByRole("button", { name: "New building" }).first().click();
  const form = dialog(page);
  await form.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  if (ground) await pick(form, "Ground floor", ground);
  if (start) await pick(form, "Floors start from", start);
  await form.getByRole("button", { name: "New building" }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
  return page.url();
}

/** Opens the form of a new apartment of a building. */
export async function openApartment(page, building) {
  await page.goto(building);
  await page.getByRole("button", { name: "New apartment" }).first().click();
  await dialog(page).getByLabel("APT", { exact: true }).waitFor();
  return dialog(page);
}

/** Adds an apartment with who lives there; gives its address. */
export async function newApartment(page, building, { number, floor, first, last, email }) {
  const form = await openApartment(page, building);
  await form.getByLabel("APT", { exact: true }).fill(number);
  await form.getByLabel("Floor", { exact: true }).fill(floor);
  if (first) await form.getByLabel("First name").fill(first);
  if (last) await form.getByLabel("Last name").fill(last);
  if (email) await form.getByRole("textbox", { name: "E-mail" }).fill(email);
  await form.getByRole("button", { name: "New apartment" }).click();
  await page.getByRole("heading", { level: 1, name: `Apartment ${number}` }).waitFor();
  return page.url();
}

/** Adds a device; `place` is what the address says of it, `fill` what the form says beside. Ends on its page and gives its id. */
export async function newDevice(page, at, place, { type, name, mac }, fill = async () => undefined) {
  await page.goto(`${at}/devices/new?${new URLSearchParams(place)}`);
  const form = page.locator("form");
  await form.getByRole("textbox", { name: "MAC" }).fill(mac);
  if (type) await pick(form, "Type", type);
  await form.getByRole("textbox", { name: /^(Name|Location)$/ }).first().fill(name);
  await fill(form);
  await form.getByRole("button", { name: "Add a device" }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
  await page.waitForURL(/\/devices\/[0-9a-f-]{36}$/);
  return page.url().split("/").at(-1);
}

/** Edits the thing whose page is open: `change` fills the form. */
export async function edit(page, change) {
  const form = await openEdit(page);
  await change(form);
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.waitFor({ state: "detached" });
}

/** Opens the form of what the page shows. */
export async function openEdit(page) {
  await page.getByRole("button", { name: "Edit", exact: true }).first().click();
  const form = dialog(page);
  await form.getByRole("button", { name: "Save", exact: true }).waitFor();
  return form;
}

/** Fills a field with what cannot be, sends, and wants the message at that field; the form stays open. */
export async function refused(form, { label, value, field = form.getByLabel(label, { exact: true }), act, message }) {
  if (value !== undefined) await field.fill(value);
  await form.getByRole("button", { name: act, exact: true }).click();
  const wrong = form.locator("[class*=InputWrapper-root], [class*=Switch-root]").filter({ has: form.page().locator("[aria-invalid=true], [data-error]") });
  await wrong.filter({ hasText: message }).first().waitFor();
  const said = await field.evaluate((node) => {
    const by = `${node.getAttribute("aria-describedby") ?? ""} ${node.getAttribute("aria-errormessage") ?? ""}`.split(" ").filter(Boolean);
    return `${by.map((id) => document.getElementById(id)?.textContent ?? "").join(" ")} ${node.closest("[class*=InputWrapper-root], [class*=Switch-root]")?.textContent ?? ""}`;
  });
  if (!(message instanceof RegExp ? message.test(said) : said.includes(message))) fail(`"${message}" does not stand at ${label}, which says: ${said}`);
}
