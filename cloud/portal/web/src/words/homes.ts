import type { ApartmentDraft, Capability, Handset, MonitorDraft, ResidentDraft } from "../api/apartments";
import type { Apartment, Person, Site } from "../api/types";
import { t, tn, word } from "../text/t";
import { floorHeight } from "./floors";
import type { StateWord, Tone } from "./tone";

/** An apartment in a list: "601 (Floor 6)". */
export function aptWords(a: Pick<Apartment, "number" | "floor">): string {
  return a.floor ? t("homes.apt_floor", { number: a.number, floor: t("floor.name", { name: a.floor }) }) : a.number;
}

/** The floors there are (SITE-27), the lowest first. */
export const floorNames: readonly string[] = [...Array.from({ length: 139 }, (_, i) => String(i - 10)), "G0", "G1", "G2"].sort(
  (a, b) => floorHeight(a) - floorHeight(b),
);

/** The codes of the call types (CALL-02). */
export const callTypes = [0, 1, 2, 3, 4, 5] as const;

/** What a set of a sequence call may ring (CALL-07). */
export const targets = ["monitors", "accounts", "landlines"] as const;

/** The most sets of a sequence call; the most handsets of a home (DEV-27). */
export const mostSets = 3;
export const mostHandsets = 8;

/** A set with a target put in or taken out; what is in it keeps the order of the choices. */
export function withTarget(set: readonly string[], target: string, on: boolean): string[] {
  return targets.filter((x) => (x === target ? on : set.includes(x)));
}

/** Whether another set has a target already: nothing is rung twice. */
export function elsewhere(sets: readonly (readonly string[])[], at: number, target: string): boolean {
  return sets.some((set, i) => i !== at && set.includes(target));
}

/** Whether one more set has anything left to ring. */
export function roomForSet(sets: readonly (readonly string[])[]): boolean {
  return sets.length < mostSets && targets.some((x) => !elsewhere(sets, -1, x));
}

/** Sets in words: "first monitors; then apps and landlines". */
export function setsWords(sets: readonly (readonly string[])[]): string {
  return sets.map((set, i) => t(i === 0 ? "homes.first_rings" : "homes.then_rings", { what: targetsWords(set) })).join("; ");
}

/** The targets of a set or stage in words. */
export function targetsWords(set: readonly string[]): string {
  const names = set.map((x) => word("homes", `target_${x}`));
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${t("homes.and")} ${names.at(-1)}`;
}

export function handsetsWords(list: readonly Handset[]): string {
  return list.map((h) => `${h.name} ${h.number}`.trim()).join(", ");
}

/** Who may move in, before anything is typed. */
export function blankResident(): ResidentDraft {
  return { first_name: "", last_name: "", email: "", phone: "", form: { language: "en", country: "", landlines: ["", "", ""], floors: [], remark: "" } };
}

/** Whether anything was said of who moves in; a home may be made before anybody lives there. */
export function movesIn(r: ResidentDraft): boolean {
  const { landlines, floors, remark } = r.form;
  return [r.first_name, r.last_name, r.email, r.phone, remark, ...landlines, ...floors].some((text) => text.trim() !== "");
}

/** What is sent of a form: nobody who was not named, no number that is empty. */
export function sendable(draft: ApartmentDraft): ApartmentDraft {
  const { resident, ...rest } = draft;
  if (!resident || !movesIn(resident)) return rest;
  return { ...rest, resident: { ...resident, form: { ...resident.form, landlines: resident.form.landlines.filter(said) } } };
}

const said = (number: string) => number.trim() !== "";

/** What the form calls a field of the API: the API knows the numbers that were said alone, and keeps what a monitor has under its `form`. */
export function fieldOf(draft: ApartmentDraft, path: string): string {
  const landline = /^resident\.form\.landlines\.(\d+)$/.exec(path);
  if (!landline) return path.replace(/^monitor\.form\./, "monitor.");
  const numbers = draft.resident?.form.landlines ?? [];
  const places = numbers.map((n, i) => (said(n) ? i : -1)).filter((i) => i >= 0);
  return `resident.form.landlines.${places[Number(landline[1])] ?? landline[1]}`;
}

/** What of an apartment asks something of the firmware of devices, and at which field. */
export function asksFor(a: Pick<ApartmentDraft, "number" | "floor" | "contact">): { feature: Capability["feature"]; field: "number" | "floor" | "contact" }[] {
  return [
    ...(a.number.includes("#") ? [{ feature: "hash_in_apartment", field: "number" } as const] : []),
    ...(a.contact === "sequence" ? [{ feature: "sequence_call", field: "contact" } as const] : []),
    ...(a.floor !== "" ? [{ feature: "floors", field: "floor" } as const] : []),
  ];
}

/** What devices cannot do, or have not told whether they can, of the feature of a field. */
export function marksOf(all: readonly Capability[] | undefined, feature: Capability["feature"]): Capability[] {
  return (all ?? []).filter((c) => c.feature === feature && c.state !== "ok");
}

/** Standing of a home's account (PEOPLE-34). */
export function activeState(active: Apartment["service"]["active"]): StateWord {
  const tones: Record<string, Tone> = { normal: "ok", expired: "bad" };
  return { tone: tones[active] ?? "off", word: word("homes", `active_${active}`) };
}

/** Whether somebody of the home has signed in to the app (PEOPLE-34). */
export function appState(app: Apartment["service"]["app_status"]): StateWord {
  return { tone: app === "registered" ? "ok" : "off", word: word("homes", `app_${app}`) };
}

/** What a call type rings, in words (CALL-03). */
export function callTypeWords(n: number): string {
  return word("calltype", String(n));
}

/** Whether every apartment of a site comes with its first monitor: with the Basic plan, unless the homes are smart (DEV-32). */
export function wantsMonitor({ kind, form }: Pick<Site, "kind" | "form">): boolean {
  return kind === "community" && form.plan === "basic" && !form.smart_home;
}

/** The first monitor, before anything is typed. */
export function blankMonitor(): MonitorDraft {
  return { mac: "", name: "", group_id: "", arming: false, built_in: [1, 2].map((number) => ({ number, name: "", on: false })) };
}

/** The most devices that a mark names. */
const fewDevices = 3;

/** The first devices by name, the rest counted. */
export function fewWords(names: readonly string[]): string {
  const first = names.slice(0, fewDevices).join(", ");
  return names.length > fewDevices ? tn("homes.few_more", names.length - fewDevices, { first }) : first;
}

/** What was set of a resident, in lines: how to reach them, landlines, floors, the remark (PEOPLE-13). */
export function residentLines({ email, phone, form }: Pick<Person, "email" | "phone" | "form">): string[] {
  const floors = (form.floors ?? []).map((f) => (f === "all" ? t("homes.all_floors") : f)).join(", ");
  const named = (name: string, value: string) => (value ? `${name}: ${value}` : "");
  return [
    [phone, email].filter(Boolean).join(" · "),
    named(t("homes.landlines"), (form.landlines ?? []).join(", ")),
    named(t("homes.floors"), floors),
    named(t("homes.remark"), form.remark ?? ""),
  ].filter((line) => line !== "");
}
