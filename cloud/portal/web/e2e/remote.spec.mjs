// A device's own pages in a real browser: the way in from the portal, the pages at work, what tampered pages and other people try, the end at its time; then a
// restart and a reset.
//   VESTIBULE_URL, VESTIBULE_LOGIN, VESTIBULE_PASSWORD   the portal and who works in it; VESTIBULE_OTHER is another tenant with the same password
//   VESTIBULE_SITE, VESTIBULE_DEVICE                     what is worked on
//   VESTIBULE_API_USER, VESTIBULE_API_PASSWORD           of the device's pages
//   VESTIBULE_AGENT_PAGE                                 the agent's own page, which no session may lead to
//   VESTIBULE_SHOTS, VESTIBULE_LOOKS                     folder for pictures, names of the looks
import { mkdirSync } from "node:fs";
import { complaints, launch, visitor } from "./lib/browser.mjs";
import { see } from "./lib/see.mjs";
import { signIn } from "./lib/steps.mjs";

const env = process.env;
const began = Date.now();
const say = (line) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const url = env.VESTIBULE_URL;
const at = `${url}/sites/${env.VESTIBULE_SITE}/devices/${env.VESTIBULE_DEVICE}`;
const sessions = `/sites/${env.VESTIBULE_SITE}/remote-sessions`;
const folder = env.VESTIBULE_SHOTS;
if (folder) mkdirSync(folder, { recursive: true });
const browser = await launch();
const context = await visitor(browser, { viewport: { width: 1280, height: 900 }, locale: "en-GB", reducedMotion: "reduce" });
const open = [];

function want(what, ok) {
  if (!ok) throw new Error(what);
}

async function window(of = context) {
  const page = await of.newPage();
  open.push(page);
  return page;
}

async function picture(page, name) {
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

/** Asks the API with the cookie of a page. */
const ask = (page, method, path) =>
  page.evaluate(
    async ([method, path]) => {
      const answer = await fetch(`/api/v1${path}`, { method });
      const text = await answer.text();
      return { status: answer.status, body: text ? JSON.parse(text) : null };
    },
    [method, path],
  );

/** What a page says, reached by an address. */
async function says(page, address) {
  await page.goto(address);
  return page.locator("body").innerText();
}

async function enter(page) {
  const [tab] = await Promise.all([context.waitForEvent("page"), page.getByRole("button", { name: "Open its pages" }).first().click()]);
  await tab.getByRole("button", { name: "Log in" }).waitFor();
  return tab;
}

async function works(tab) {
  await tab.getByLabel("User").fill(env.VESTIBULE_API_USER);
  await tab.getByLabel("Password").fill("wrong");
  await tab.getByRole("button", { name: "Log in" }).click();
  await tab.getByRole("alert").waitFor();
  await tab.getByLabel("User").fill(env.VESTIBULE_API_USER);
  await tab.getByLabel("Password").fill(env.VESTIBULE_API_PASSWORD);
  await tab.getByRole("button", { name: "Log in" }).click();
  await tab.getByLabel("Location").fill("Yard");
  await tab.getByRole("button", { name: "Submit" }).click();
  await tab.getByText("Saved").waitFor();
  const before = await tab.locator("#up").innerText();
  await tab.waitForFunction((old) => document.getElementById("up").textContent !== old, before); // its script asks the device
  await tab.getByRole("link", { name: "Settings" }).click(); // a whole address of the device
  await tab.getByText("Saved").waitFor({ state: "detached" }); // the page before has the field too
  want("the setting is lost", (await tab.getByLabel("Location").inputValue()) === "Yard");
  want(`the link leads to ${tab.url()}`, new URL(tab.url()).hostname.endsWith(".remote.localhost"));
}

/** What pages of a device that somebody has tampered with try. */
async function hostile(tab, home) {
  for (const to of ["http://127.0.0.1:1/", env.VESTIBULE_AGENT_PAGE, url, "https://evil.example/", "//evil.example/"]) {
    want(`led to ${to}`, (await says(tab, `${home}/away?to=${encodeURIComponent(to)}`)).includes("leads elsewhere") && tab.url().startsWith(home));
  }
  await tab.goto(`${home}/settings`);
  for (const to of [`${url}/api/v1/setup`, env.VESTIBULE_AGENT_PAGE, "http://127.0.0.1:1/"]) {
    const reached = await tab.evaluate((to) => fetch(to, { mode: "no-cors" }).then(() => true, () => false), to);
    want(`a page reached ${to}`, !reached);
  }
}

/** Enters with a ticket, as the portal does. */
async function submit(page, ticket) {
  await page.goto(`${url}/sign-in`);
  await page.evaluate(({ address, ticket }) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: address });
    form.append(Object.assign(document.createElement("input"), { name: "ticket", value: ticket }));
    document.body.append(form);
    form.submit();
  }, ticket);
}

/** A second session of the same domain throws cookies at the first one. */
async function toss(page, tab, home) {
  const made = await ask(page, "POST", `/sites/${env.VESTIBULE_SITE}/devices/${env.VESTIBULE_DEVICE}/remote-session`);
  want(`the second session: ${made.status}`, made.status === 200);
  const { body: ticket } = await ask(page, "POST", `${sessions}/${made.body.id}/ticket`);
  const other = new URL(ticket.address).origin;
  const second = await window();
  await submit(second, ticket);
  await second.getByRole("button", { name: "Log in" }).waitFor();
  await second.goto(`${other}/toss?domain=remote.localhost`);
  await second.evaluate(() => {
    for (const name of ["vestibule-remote", "sid"]) document.cookie = `${name}=tossed; domain=remote.localhost; path=/`;
  });
  const reached = await second.evaluate((to) => fetch(to, { mode: "no-cors", credentials: "include" }).then(() => true, () => false), `${home}/settings`);
  want("one session's page reached the other's", !reached);
  await tab.goto(`${home}/settings`);
  want("tossed cookies threw the first session out", await tab.getByLabel("Location").isVisible());
  const tossed = (await context.cookies(home)).filter((c) => c.domain.startsWith("."));
  want(`the device's answer set cookies for the domain: ${JSON.stringify(tossed)}`, tossed.every((c) => c.value === "tossed" && c.name !== "__Host-vestibule-remote"));
  // The same ticket again, in a browser of its own.
  const stranger = await window(await visitor(browser));
  await submit(stranger, ticket);
  await stranger.getByText("This ticket is used up").waitFor();
  want("another browser got in", (await says(stranger, `${home}/settings`)).includes("Not from here"));
  want("a host that nobody has", (await says(stranger, home.replace(/\/\/[^.]+/, "//abcdefgh"))).includes("has ended"));
  return made.body.id;
}

/** Another tenant, signed in to the same portal. */
async function tenant(id) {
  const page = await window(await visitor(browser));
  await signIn(page, url, env.VESTIBULE_OTHER, env.VESTIBULE_PASSWORD);
  for (const [method, path] of [["GET", sessions], ["POST", `${sessions}/${id}/ticket`], ["DELETE", `${sessions}/${id}`],
    ["POST", `/sites/${env.VESTIBULE_SITE}/devices/${env.VESTIBULE_DEVICE}/remote-session`], ["POST", `/sites/${env.VESTIBULE_SITE}/devices/${env.VESTIBULE_DEVICE}/reboot`]]) {
    const answer = await ask(page, method, path);
    want(`another tenant: ${method} ${path} gives ${answer.status}`, answer.status === 404);
  }
}

async function order(page, name, done) {
  await page.goto(at);
  await page.getByRole("button", { name, exact: true }).and(page.locator(":enabled")).waitFor();
  await page.getByRole("button", { name, exact: true }).click();
  const dialog = page.getByRole("dialog");
  // Looked for from before the press on: an order that is done soon is open for a moment alone.
  await Promise.all([page.locator("[data-order=open]").waitFor(), dialog.getByRole("button", { name, exact: true }).click()]);
  await picture(page, `order-${name}`);
  await page.locator("[data-order=done]").getByText(done).waitFor();
}

try {
  const page = await window();
  const heard = complaints(page);
  await signIn(page, url, env.VESTIBULE_LOGIN, env.VESTIBULE_PASSWORD);
  await page.goto(at);
  const button = page.getByRole("button", { name: "Remote Control" });
  await button.and(page.locator(":enabled")).waitFor();
  await button.click();
  await page.locator("[data-session]").getByText(/left/).waitFor();
  const opened = Date.now();
  const id = await page.locator("[data-session]").getAttribute("data-session");
  say("a session is open");
  const tab = await enter(page);
  const home = new URL(tab.url()).origin;
  want(`the pages are at ${home}`, /^http:\/\/[a-z2-7]{26}\.remote\.localhost:\d+$/.test(home) && !tab.url().includes("ticket"));
  await works(tab);
  say("the device's pages work: login, a setting, a script, a link");
  await hostile(tab, home);
  say("nothing led elsewhere");
  const second = await toss(page, tab, home);
  await tenant(id);
  say("no other session, browser or tenant got in");
  await page.goto(at);
  await page.locator(`[data-session="${second}"]`).getByRole("button", { name: "End session" }).click();
  await page.locator(`[data-session="${second}"]`).waitFor({ state: "detached" });
  const pages = [{ name: "device-session", path: new URL(at).pathname, after: (p) => p.getByRole("button", { name: "Open its pages" }).scrollIntoViewIfNeeded() }];
  const faults = await see(browser, { url, pages, folder, state: await context.storageState(), looks: folder ? undefined : ["light-390"] });
  await page.locator("[data-session]").waitFor({ state: "detached", timeout: 120_000 });
  say(`the session ended by itself after ${Math.round((Date.now() - opened) / 1000)} s`);
  want("the page lives on", (await says(tab, `${home}/settings`)).includes("has ended"));
  want("a ticket after the end", (await ask(page, "POST", `${sessions}/${id}/ticket`)).status === 404);
  await order(page, "Restart", "Restarted");
  say("the device restarted");
  await order(page, "Reset", "Reset; the configuration follows");
  say("the device was reset");
  faults.push(...(await see(browser, {
    url, pages: [{ name: "device-care", path: new URL(at).pathname, after: (p) => p.getByRole("button", { name: "Restart" }).scrollIntoViewIfNeeded() }, { name: "audit-remote", path: "/audit?object=remote_session" }],
    folder, state: await context.storageState(), looks: env.VESTIBULE_LOOKS?.split(","),
  })), ...heard);
  if (faults.length) throw new Error(faults.join("\n"));
  say("done");
} catch (err) {
  console.error(err);
  for (const [i, page] of open.entries()) if (folder) await page.screenshot({ path: `${folder}/failed-${i}.png` }).catch(() => {});
  process.exitCode = 1;
} finally {
  await browser.close();
}
