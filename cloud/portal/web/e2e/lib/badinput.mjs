// What no form takes: each gets its message at the field, and nothing is saved.
import { flip, openApartment, optionsOf, pick, refused } from "./building.mjs";

/** Numbers and floors that no apartment has, and a name of 65 letters. */
export async function badApartment(page, building) {
  const form = await openApartment(page, building);
  const act = "New apartment";
  await form.getByLabel("Floor", { exact: true }).fill("1");
  await refused(form, { label: "APT", value: "#2#123", act, message: "Not starting with #" });
  await form.getByLabel("APT", { exact: true }).fill("109");
  await refused(form, { label: "Floor", value: "129", act, message: /-10 .*128/ });
  await form.getByLabel("Floor", { exact: true }).fill("1");
  await form.getByLabel("Last name").fill("Brandt");
  await refused(form, { label: "First name", value: "a".repeat(65), act, message: "At most 64 characters; this has 65." });
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "detached" });
}

/** Eleven digits of a MAC; boards that a monitor cannot have; a second monitor that works offline. `other` works offline in that apartment. */
export async function badMonitor(page, at, place, { mac, other }) {
  await page.goto(`${at}/devices/new?${new URLSearchParams(place)}`);
  const form = page.locator("form");
  const act = "Add a device";
  await pick(form, "Type", "Monitor");
  await form.getByRole("textbox", { name: "Name", exact: true }).first().fill("Bedroom");
  await refused(form, { label: "MAC", field: form.getByRole("textbox", { name: "MAC" }), value: mac.slice(0, 11), act, message: "12 hexadecimal digits" });
  await form.getByRole("textbox", { name: "MAC" }).fill(mac);
  await flip(form.getByRole("switch", { name: "A relay board is attached" }));

  await pick(form, "Relay board", "RSAC-C1-R8");
  await notOffered(form, "Mode", "Ethernet");
  await pick(form, "Relay board", "HF-8000");
  for (const n of [2, 3, 4]) {
    await form.getByRole("button", { name: "Add a relay" }).last().click();
    await form.getByRole("textbox", { name: `Relay name ${n}` }).waitFor();
  }
  await notOffered(form, "Relay of the board", "5");
  await pick(form, "Mode", "Ethernet");
  await form.getByLabel("IP address of the board").fill("192.168.1.40");
  await refused(form, { label: "Port", value: "0", act, message: "1 to 65535." });
  await form.getByLabel("Port", { exact: true }).fill("502");

  await flip(form.getByRole("switch", { name: "Works offline" }));
  await refused(form, { label: "Works offline", field: form.getByRole("switch", { name: "Works offline" }), act, message: `works offline already: ${other}` });
}

/** Wants a list of a form to go without an option, and to have others. */
async function notOffered(form, label, option) {
  await form.getByRole("combobox", { name: label, exact: true }).first().click();
  const options = optionsOf(form, label);
  await options.first().waitFor();
  const all = await options.allInnerTexts();
  if (all.some((o) => o.trim() === option)) throw new Error(`${label} offers ${option}`);
  await form.page().keyboard.press("Escape");
}
