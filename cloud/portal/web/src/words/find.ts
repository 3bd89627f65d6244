import type { Apartment, Device, Person, Site } from "../api/types";
import { byName } from "./floors";
import { plain } from "./paging";

export interface Found {
  key: string;
  group: "pages" | "sites" | "apartments" | "people" | "devices" | "managers" | "subaccounts" | "orgs";
  label: string;
  more: string;
  to: string;
}

interface Loaded {
  /** What is found by its name alone: pages, and what the server found already. */
  named?: Found[];
  site?: string;
  sites: Site[];
  apartments: Apartment[];
  people: Person[];
  devices: Device[];
  place: (d: Device) => string;
  type: (d: Device) => string;
}

/** How well a text fits what is looked for: 0 not at all, 3 from its first letter. */
function fit(text: string, wanted: string): number {
  const inside = plain(text);
  const at = inside.indexOf(wanted);
  if (at < 0) return 0;
  if (at === 0) return 3;
  return /[\s·#-]/.test(inside[at - 1] ?? "") ? 2 : 1;
}

const perGroup = 6;

/** What fits the words looked for: everything must fit by name, number, e-mail or MAC. */
export function find(wanted: string, loaded: Loaded): Found[] {
  const w = plain(wanted.trim());
  const mac = w.replace(/[:.-]/g, "");
  const number = new Map(loaded.apartments.map((a) => [a.id, a.number]));
  const named = (group: Found["group"]) =>
    (loaded.named ?? []).filter((n) => n.group === group).map((found) => ({ fit: Math.max(fit(found.label, w), fit(found.more, w)), found }));
  const lists: { fit: number; found: Found }[][] = [
    loaded.sites.map((s) => ({ fit: fit(s.name, w), found: { key: s.id, group: "sites", label: s.name, more: s.time_zone, to: `/sites/${s.id}` } })),
    loaded.apartments.map((a) => ({
      fit: Math.max(fit(a.number, w), fit(a.name, w)),
      found: { key: a.id, group: "apartments", label: a.number, more: a.name, to: `/sites/${loaded.site}/buildings/apartments/${a.id}` },
    })),
    loaded.people.map((p) => ({
      fit: Math.max(fit(`${p.first_name} ${p.last_name}`, w), fit(p.last_name, w), fit(p.email, w), fit(p.phone, w)),
      found: {
        key: p.id, group: "people", label: `${p.first_name} ${p.last_name}`, more: number.get(p.apartment_id) ?? "",
        to: `/sites/${loaded.site}/buildings/apartments/${p.apartment_id}`,
      },
    })),
    loaded.devices.map((d) => ({
      fit: Math.max(fit(d.name, w), mac.length > 2 ? fit(d.mac, mac) : 0, fit(loaded.type(d), w)),
      found: { key: d.id, group: "devices", label: d.name, more: loaded.place(d), to: `/sites/${loaded.site}/devices/${d.id}` },
    })),
    ...(["managers", "subaccounts", "orgs", "pages"] as const).map(named),
  ];
  return lists.flatMap((list) =>
    list
      .filter((x) => x.fit > 0)
      .sort((a, b) => b.fit - a.fit || byName(a.found.label, b.found.label))
      .slice(0, perGroup)
      .map((x) => x.found),
  );
}
