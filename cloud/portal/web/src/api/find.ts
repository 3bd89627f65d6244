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
