// What people do to become who they are: hand out an account, use the link of its mail, pass the gates.
import { patience, visitor } from "./browser.mjs";
import { flip } from "./building.mjs";

const dialog = (page) => page.getByRole("dialog");

/** The mails that a real mail server took; `base` is the test's postbox. */
export function postbox(base) {
  /** The newest mail to an address that came after `before` others; waits for it. */
  const wait = async (to, before = 0) => {
    for (const end = Date.now() + patience; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
      const all = await (await fetch(`${base}/?to=${encodeURIComponent(to)}`)).json();
      if (all.length > before) return all.at(-1);
    }
    throw new Error(`no mail came to ${to}`);
  };
  return { wait };
}

/** Uses an activation link in a browser of its own and passes the privacy policy; an installer leaves the provider blank. */
export async function activate(page, link, password, { provider } = {}) {
  await page.goto(link);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(password);
  await page.getByRole("textbox", { name: "New password once more" }).fill(password);
  await page.getByRole("button", { name: "Activate and sign in" }).click();
  await page.getByRole("button", { name: "Agree", exact: true }).click();
  if (provider) await page.getByRole("button", { name: "Skip" }).click();
  await page.getByRole("button", { name: /^Account/ }).waitFor();
}

/** Tries a link that was used and wants the same words as for any other that does not work. */
export async function usedLink(browser, link) {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole("heading", { name: "This link does not work" }).waitFor();
  await context.close();
}

/** Hands an account out to an organisation below; `kind` only for operators. */
export async function handOut(page, url, { name, owner, email }) {
  await page.goto(`${url}/orgs?new=org`);
  const form = dialog(page);
  await form.waitFor();
  await form.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await form.getByLabel("Name of the owner").fill(owner);
  await form.getByLabel("E-mail").fill(email);
  await form.getByRole("button", { name: "Hand out account" }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
  return page.url().split("/").at(-1);
}

/** Switches a gate of the organisation whose page is open. */
export async function openGate(page, label) {
  const gate = page.getByRole("switch", { name: label });
  await flip(gate);
  await page.waitForFunction((l) => [...document.querySelectorAll("input[role=switch]")].some((i) => i.checked && i.labels[0]?.textContent.includes(l)), label);
}

/** Adds a passkey to the account of the page by a software authenticator; gives nothing. */
export async function addPasskey(page, url) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await page.goto(`${url}/security`);
  await page.getByRole("button", { name: "Add passkey" }).click();
  await dialog(page).getByLabel("Name").fill("Work laptop");
  await dialog(page).getByRole("button", { name: "Add passkey" }).click();
  await page.getByText("Work laptop", { exact: true }).waitFor(); // the help of its field has the words too
}

/** Adds a sub-installer. */
export async function newSub(page, url, { username, email }) {
  await page.goto(`${url}/subaccounts`);
  await page.getByRole("button", { name: "New sub-account" }).first().click();
  await dialog(page).getByLabel("Account").fill(username);
  await dialog(page).getByLabel("E-mail").fill(email);
  await dialog(page).getByRole("button", { name: "New sub-account" }).click();
  await page.getByText(email).first().waitFor();
}

/** Adds a manager of a site, by the two boxes of the form. */
export async function newManager(page, url, { first, last, email, language, site }) {
  await page.goto(`${url}/managers`);
  await page.getByRole("button", { name: "New manager" }).first().click();
  const form = dialog(page);
  await form.getByLabel("First name").fill(first);
  await form.getByLabel("Last name").fill(last);
  await form.getByRole("textbox", { name: "E-mail" }).fill(email);
  await page.getByRole("combobox", { name: "Language of mails" }).click();
  await page.getByRole("option", { name: language }).click();
  await form.getByRole("button", { name: `Add: ${site}` }).click();
  await form.getByRole("button", { name: "New manager" }).click();
  await page.getByText(email).first().waitFor();
}

/** Asks the API in the name of a page's session; anything but success is a fault. */
export async function call(page, url, method, path, data) {
  const answer = await page.context().request.fetch(`${url}/api/v1${path}`, { method, data });
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
  return answer.status() === 204 ? undefined : answer.json();
}
