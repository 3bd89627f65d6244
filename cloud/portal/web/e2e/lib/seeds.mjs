// What stands in sites before they are looked at: made through the API, because other programs make it by hand.
import { call } from "./people.mjs";

const mac = (n) => `0C1105F0${n.toString(16).toUpperCase().padStart(4, "0")}`;
let taken = 0;
const nextMAC = () => mac(++taken);

const first = ["Ana", "Piotr", "Mei", "Jonas", "Fatma", "Luis", "Ingrid", "Tomasz", "Chiara", "Noah", "Maximiliane-Charlotte", "Emre"];
const last = ["Nowak", "Keller", "Lindqvist", "Okafor", "Moreau", "Kim", "Novak", "Silva", "Hoffmann-Wasserburg", "Yılmaz", "Brown", "Zielińska"];

/** Someone of a list that is long enough to have pages; each with another address. */
export const somebody = (n, at = "homes") => ({
  first_name: first[n % first.length], last_name: last[(n * 5) % last.length], email: `${at}.${n}@example.com`,
  form: { country: "DE", landlines: n % 3 ? [] : ["30 5550 101"], floors: n % 4 ? [String(n % 9)] : ["all"], remark: n % 5 ? "" : "tenant" },
  phone: `151 555${String(n).padStart(4, "0")}`,
});

/** Fills a community: apartments with residents in a building, monitors, cameras; gives ids of one of each. */
export async function fillCommunity(page, url, site, building, many = 23) {
  const post = (noun, body) => call(page, url, "POST", `/sites/${site}/${noun}`, body);
  let apartment;
  for (let n = 1; n <= many; n++) {
    const made = await post("apartments", { building_id: building, number: `${20 + Math.ceil(n / 6)}${String(n % 6 || 6).padStart(2, "0")}`, floor: String(Math.ceil(n / 6)), name: n % 4 ? "" : "Loft", resident: somebody(n) });
    apartment ??= made.apartment?.id ?? made.id;
  }
  const monitor = await post("devices", { type: 2, name: "Kitchen", mac: nextMAC(), apartment_id: apartment, form: { arming: true } });
  const guard = await post("devices", { type: 3, name: "Porter's desk", mac: nextMAC() });
  const camera = await post("cameras", { name: "Car park", rtsp: "rtsp://10.0.0.9:554/stream", user: "viewer", password: "Quiet-Lens-1" });
  return { apartment, monitor: monitor.id, guard: guard.id, camera: camera.id };
}

/** Fills an office: departments, an employee of each identity, a door of the public area. */
export async function fillOffice(page, url, site) {
  const post = (noun, body) => call(page, url, "POST", `/sites/${site}/${noun}`, body);
  const department = await post("departments", { name: "Accounts", floors: ["2", "3"] });
  await post("departments", { name: "Workshop", floors: [] });
  for (const [n, kind] of ["basic", "advanced", "basic"].entries()) {
    await post("people", { kind, department_id: department.id, staff_id: `A-${100 + n}`, ...somebody(n, "office") });
  }
  const device = await post("devices", { type: 50, name: "Staff door", mac: nextMAC(), department_id: department.id, relays: [{ number: 1, name: "Staff door", enabled: true, dtmf: "#" }] });
  return { department: department.id, device: device.id };
}

/** Fills a site of many companies: two companies, personnel and an administrator. */
export async function fillCommercial(page, url, site) {
  const post = (noun, body) => call(page, url, "POST", `/sites/${site}/${noun}`, body);
  const company = await post("companies", { name: "Lens Works" });
  await post("companies", { name: "Harbour Freight & Sons" });
  await post("people", { kind: "personnel", company_id: company.id, ...somebody(3, "firm"), form: {} });
  await post("people", { kind: "administrator", company_id: company.id, ...somebody(4, "firm"), form: {} });
  return { company: company.id };
}

/** Fills a single-family home: family members, once `activate` has let its user in, and a door phone. */
export async function fillHome(page, url, site, activate) {
  const post = (noun, body) => call(page, url, "POST", `/sites/${site}/${noun}`, body);
  const { items } = await call(page, url, "GET", `/sites/${site}/people`);
  await post(`people/${items[0].id}/account`, {});
  await activate(items[0].email);
  for (const n of [5, 6, 7, 8]) await post("people", { apartment_id: items[0].apartment_id, ...somebody(n, "family"), form: {} });
  const device = await post("devices", { type: 1, name: "Garden gate", mac: nextMAC(), apartment_id: items[0].apartment_id, relays: [{ number: 1, name: "Gate", enabled: true, dtmf: "#" }] });
  return { apartment: items[0].apartment_id, device: device.id };
}
