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
  await page.locator("[data-claim-state=online]").waitFor({ timeout: 60_000 });
}

/** Notes each state that the page shows of an edit, from now on and without a load of the page: that would end the notes. */
export async function watchReceipt(page) {
  await page.locator("[data-receipt]").first().waitFor();
  await page.evaluate(() => {
    const read = () => document.querySelector("[data-receipt]")?.dataset.receipt;
    window.walked = [read()];
    new MutationObserver(() => {
      const now = read();
      if (now && now !== window.walked.at(-1)) window.walked.push(now);
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-receipt"] });
  });
}

/** The states seen since; fails when the page was loaded anew. */
export async function walked(page) {
  return (await page.evaluate(() => window.walked)) ?? fail("the page was loaded anew while the edit was on its way");
}

/** Waits until the page says that the newest edit stands at `state`. */
export async function standsAt(page, state, timeout = 60_000) {
  await page.locator(`[data-receipt=${state}]`).first().waitFor({ timeout });
}

/** Edits the thing whose page is open: `change` fills the form. */
export async function edit(page, change) {
  await page.getByRole("button", { name: "Edit", exact: true }).first().click();
  const form = page.getByRole("dialog");
  await form.waitFor();
  await change(form);
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.waitFor({ state: "detached" });
}
