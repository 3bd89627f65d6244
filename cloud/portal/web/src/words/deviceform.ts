import { doorPhone, hasRelays, monitor, singleDoorPhone } from "./floors";

/** Where a device stands, as its forms part it: they offer not everywhere the same. */
export type DevicePlace = "site" | "building" | "apartment" | "office" | "department" | "home";

/** What a form of a device may have beside identity and place. */
export type DeviceField =
  | "monitoring" | "internet" | "buildings" | "contact_display" | "directory" | "hold_open" | "relays" | "methods" | "security_relay"
  | "works_offline" | "arming" | "built_in" | "external" | "module";

interface Placed { building_id: string; apartment_id: string; department_id: string }

/** The place of a device at a site of a kind. */
export function devicePlace(kind: string | undefined, d: Placed): DevicePlace {
  if (kind === "single") return "home";
  if (d.apartment_id) return "apartment";
  if (d.department_id) return "department";
  if (kind === "office") return "office";
  return d.building_id ? "building" : "site";
}

/** How a found device is most likely configured: the maker's prefix of its card tells, else what it answered to. */
export function likelyDriver(found: { mac: string; service?: string } | undefined): "akuvox" | "2n" | "onvif" {
  if (found?.mac.startsWith("7C1EB3")) return "2n";
  return found?.service === "ws-discovery" && !found.mac.startsWith("0C1105") ? "onvif" : "akuvox";
}

const everywhere: DevicePlace[] = ["site", "building", "apartment", "office", "department", "home"];
const projects: DevicePlace[] = ["site", "building", "apartment", "office", "department"];
const lans: DevicePlace[] = ["site", "building", "apartment"];
const phone = (type: number) => type === doorPhone || type === singleDoorPhone;
const isMonitor = (type: number) => type === monitor;

const table: Record<DeviceField, { places: DevicePlace[]; types: (type: number) => boolean }> = {
  monitoring: { places: projects, types: hasRelays },
  internet: { places: lans, types: hasRelays },
  buildings: { places: ["site"], types: hasRelays },
  contact_display: { places: ["building", "office", "department"], types: hasRelays },
  directory: { places: ["site", "building", "office"], types: phone },
  hold_open: { places: ["apartment"], types: phone },
  relays: { places: everywhere, types: hasRelays },
  methods: { places: projects, types: hasRelays },
  security_relay: { places: everywhere, types: hasRelays },
  works_offline: { places: ["apartment"], types: isMonitor },
  arming: { places: lans, types: isMonitor },
  built_in: { places: projects, types: isMonitor },
  external: { places: lans, types: isMonitor },
  module: { places: everywhere, types: phone },
};

/** Whether the form of a type at a place has a field. */
export function hasField(field: DeviceField, type: number, place: DevicePlace): boolean {
  return table[field].places.includes(place) && table[field].types(type);
}

/** The fields of the offline solution exist only where it is enabled; what was set before it was closed can still be taken back. */
export function offersOffline(open: boolean, set: boolean): boolean {
  return open || set;
}

/** The type that a form begins with: multi-tenant in public areas, single-tenant at homes. */
export function firstType(place: DevicePlace): number {
  return place === "apartment" || place === "home" ? singleDoorPhone : doorPhone;
}

/** A model that takes a push-button module. */
export function takesModule(model: string): boolean {
  return /^R20[KB]/i.test(model.trim());
}

/** How many buttons a module has. */
export function buttonsOf(module: string): number {
  return module === "MD06" ? 6 : module === "MD12" ? 12 : 0;
}

/** The ways to unlock a relay, in the order in which the guides tick them. */
export const methods = ["homepage", "talkingpage", "pin", "face", "card", "bluetooth", "nfc"] as const;

/** The digits that a relay may answer to. */
export const digits = ["#", "*", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/** The first digit that nothing at the device answers to. */
export function freeDigit(used: string[]): string {
  return digits.find((d) => !used.includes(d)) ?? "#";
}
