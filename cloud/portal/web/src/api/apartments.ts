import { useQuery } from "@tanstack/react-query";
import { fieldOf, sendable } from "../words/homes";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import { usePaged } from "./paged";
import { inForm } from "./problem";
import { useRemoving, useSaving } from "./saving";
import type { components } from "./schema";
import type { Apartment } from "./types";

type Schemas = components["schemas"];

export type Handset = Required<Schemas["Handset"]>;
export type CallOrder = Schemas["CallOrder"];
export type CallRing = Schemas["CallRing"];
export type Capability = Schemas["Capability"];
export type ApartmentPerson = Schemas["ApartmentPerson"];

/** Who moves into a new apartment, as its form holds it. */
export interface ResidentDraft {
  first_name: string;
  last_name: string;
  email: string;
  phone: string;
  form: { language: string; country: string; landlines: string[]; floors: string[]; remark: string };
}

/** The first monitor of a new apartment (DEV-32). */
export interface MonitorDraft {
  mac: string;
  name: string;
  group_id: string;
  arming: boolean;
  built_in: { number: number; name: string; on: boolean }[];
}

/** What the form of an apartment holds; who moves in and the monitor come with a new one alone. */
export interface ApartmentDraft {
  id?: string;
  revision?: number;
  building_id: string;
  number: string;
  name: string;
  floor: string;
  contact: Apartment["contact"];
  call_path: Apartment["call_path"];
  call_type: number;
  /** Of a sequence call; a group call keeps them in the form alone. */
  sets: string[][];
  web_relay: number | "";
  handsets: Handset[];
  resident?: ResidentDraft;
  monitor?: MonitorDraft;
}

export function blankApartment(building: string, floor = ""): ApartmentDraft {
  return { building_id: building, number: "", name: "", floor, contact: "group", call_path: "ip", call_type: 0, sets: [], web_relay: 0, handsets: [] };
}

/** What the form holds of an apartment that is there. */
export function draftOfApartment(a: Apartment): ApartmentDraft {
  const { id, revision, building_id, number, name, floor, contact, call_path, call_type, web_relay } = a;
  const handsets = a.handsets.map((h) => ({ name: h.name ?? "", number: h.number ?? "" }));
  return { id, revision, building_id, number, name, floor, contact, call_path, call_type, sets: a.sets.map((set) => set ?? []), web_relay, handsets };
}

type Filters = { building?: string; floor?: string; active?: "inactivated" | "normal" | "expired"; app?: "registered" | "unregistered" };

/** The apartments of a site or of a building, page by page. */
export function useApartmentPage(site: string, url: Parameters<typeof usePaged>[1], building?: string) {
  return usePaged<Apartment>([...keys.of(site, "apartments"), "in", building ?? ""], url, (query, filters) =>
    got(api.GET("/sites/{site}/apartments", { params: { path: { site }, query: { ...query, ...(filters as Filters), building } } })),
  );
}

/** The few apartments whose number, name or residents hold the words. */
export function useApartmentsLike(site: string, words: string) {
  return useQuery({
    queryKey: [...keys.of(site, "apartments"), "like", words, likeMost],
    queryFn: () => got(api.GET("/sites/{site}/apartments", { params: { path: { site }, query: { q: words, limit: likeMost } } })),
    enabled: words !== "",
    placeholderData: (before) => before,
  });
}

const likeMost = 30;

export function apartmentQuery(site: string, apartment: string) {
  return {
    queryKey: [...keys.of(site, "apartments"), "one", apartment],
    queryFn: () => got(api.GET("/sites/{site}/apartments/{apartment}", { params: { path: { site, apartment } } })),
  };
}

export function useApartment(site: string, apartment: string | undefined) {
  return useQuery({ ...apartmentQuery(site, apartment ?? ""), enabled: Boolean(apartment) });
}

/** Who rings in an apartment, and in which order. Devices, people and the apartment itself change it. */
export function useCallOrder(site: string, apartment: string) {
  return useQuery({
    queryKey: [...keys.of(site, "apartments"), "order", apartment],
    queryFn: () => got(api.GET("/sites/{site}/apartments/{apartment}/order", { params: { path: { site, apartment } } })),
  });
}

/** What the firmware of the devices that serve an apartment or a building can do. */
export function useAbilities(site: string, at: { apartment?: string; building?: string }) {
  return useQuery({
    queryKey: [...keys.of(site, "devices"), "capability", at],
    queryFn: () => got(api.GET("/sites/{site}/capability", { params: { path: { site }, query: at } })).then((list) => list.items),
    enabled: Boolean(at.apartment || at.building),
    // Who may not see devices is told nothing of them; the form works all the same.
    retry: false,
  });
}

export function useSaveApartment(site: string) {
  return useSaving<ApartmentDraft, Apartment>(site, "apartments", async (draft) => {
    try {
      return await put(site, draft);
    } catch (err) {
      throw inForm(err, (path) => fieldOf(draft, path), (theirs) => draftOfApartment(theirs as unknown as Apartment));
    }
  });
}

function put(site: string, whole: ApartmentDraft): Promise<Apartment> {
  const { id, revision, resident, monitor, ...draft } = sendable(whole);
  const body = { ...draft, web_relay: draft.web_relay || 0, sets: draft.contact === "sequence" ? draft.sets : [] };
  return id
    ? got(api.PUT("/sites/{site}/apartments/{apartment}", { params: { path: { site, apartment: id }, header: ifMatch(revision) }, body }))
    : got(api.POST("/sites/{site}/apartments", { params: { path: { site } }, body: { ...body, resident, monitor } }));
}

export function useRemoveApartment(site: string) {
  return useRemoving(site, "apartments", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/apartments/{apartment}", { params: { path: { site, apartment: id }, header: ifMatch(revision) } })),
  );
}
