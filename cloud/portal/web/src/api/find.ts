import type { Found } from "../words/find";
import { api, found, got } from "./client";
import { keys } from "./keys";

// What a search finds on the server by name: a few of each kind, and where they lead.

const query = (q: string) => ({ params: { query: { q, limit: found } } });
const address = (page: string, q: string) => `${page}?q=${encodeURIComponent(q)}`;

export function findManagers(words: string) {
  return {
    queryKey: keys.find("managers", words),
    queryFn: async (): Promise<Found[]> =>
      (await got(api.GET("/managers", query(words)))).items.map((m) => ({
        key: m.id, group: "managers", label: `${m.first_name} ${m.last_name}`, more: m.email, to: address("/managers", m.email),
      })),
  };
}

export function findSubAccounts(words: string) {
  return {
    queryKey: keys.find("subaccounts", words),
    queryFn: async (): Promise<Found[]> =>
      (await got(api.GET("/subaccounts", query(words)))).items.map((a) => ({
        key: a.id, group: "subaccounts", label: a.username, more: a.email, to: address("/subaccounts", a.username),
      })),
  };
}

export function findOrgs(words: string) {
  return {
    queryKey: keys.find("orgs", words),
    queryFn: async (): Promise<Found[]> =>
      (await got(api.GET("/orgs", query(words)))).items.map((o) => ({ key: o.id, group: "orgs", label: o.name, more: o.account.email, to: `/orgs/${o.id}` })),
  };
}

const inSite = (site: string, q: string) => ({ params: { path: { site }, query: { q, limit: found } } });

export function findSites(words: string) {
  return {
    queryKey: keys.find("sites", words),
    queryFn: async (): Promise<Found[]> =>
      (await got(api.GET("/sites", query(words)))).items.map((s) => ({ key: s.id, group: "sites", label: s.name, more: s.time_zone, to: `/sites/${s.id}` })),
  };
}

/** Apartments of a site by number, name and residents. */
export function findApartments(site: string, words: string) {
  return {
    queryKey: [...keys.of(site, "apartments"), "find", words],
    queryFn: async (): Promise<Found[]> =>
      (await got(api.GET("/sites/{site}/apartments", inSite(site, words)))).items.map((a) => ({
        key: a.id, group: "apartments", label: a.number, more: a.name, to: `/sites/${site}/buildings/apartments/${a.id}`,
      })),
  };
}

/** People of a site by name, e-mail, phone and apartment. */
export function findPeople(site: string, words: string) {
  return {
    queryKey: [...keys.of(site, "people"), "find", words],
    queryFn: async (): Promise<Found[]> =>
      (await got(api.GET("/sites/{site}/people", inSite(site, words)))).items.map((p) => ({
        key: p.id, group: "people", label: `${p.first_name} ${p.last_name}`, more: p.email, to: `/sites/${site}/people/${p.id}`,
      })),
  };
}

/** Devices of a site by name, MAC and SIP number. */
export function findDevices(site: string, words: string) {
  return {
    queryKey: [...keys.of(site, "devices"), "find", words],
    queryFn: async (): Promise<Found[]> =>
      (await got(api.GET("/sites/{site}/devices", inSite(site, words)))).items.map((d) => ({
        key: d.id, group: "devices", label: d.name, more: [d.company, d.department, d.building, d.apartment].filter(Boolean).join(" · "), to: `/sites/${site}/devices/${d.id}`,
      })),
  };
}
