import type { components } from "../api/schema";
import type { Person } from "../api/types";
import { ownName } from "./names";

export type PersonKind = Person["kind"];
export type PersonBody = components["schemas"]["PersonInput"];

/** What of the app somebody who works has: with the intercom, without it, or no app (PEOPLE-30, PEOPLE-32). */
export type AppUse = "intercom" | "plain" | "none";

/** What the form of a person holds: everything side by side, so that two who edit at once choose field by field. */
export interface PersonValues {
  id?: string;
  revision?: number;
  kind: PersonKind | "";
  apartment_id: string;
  department_id: string;
  company_id: string;
  first_name: string;
  last_name: string;
  email: string;
  language: string;
  country: string;
  phone: string;
  landlines: string[];
  staff_id: string;
  floors: string[];
  remark: string;
  address: string;
  app: AppUse;
  landline: boolean;
  call_path: "" | "ip" | "sip";
  call_type: number;
}

/** How many landline numbers there are (PEOPLE-04). */
export const landlineCount = 3;

/** All accessible floors; it stands alone (SITE-28). */
export const allFloors = "all";

/** The call type of who has no intercom feature: nothing else may ring (CALL-05). */
export const monitorsAndGuards = 6;

/** The languages of mails (PEOPLE-03), each by its own name. */
export function mailLanguages(): { value: string; label: string }[] {
  return ["en", "zh-Hans", "ko", "ja", "tr", "pl", "ru", "es", "bs", "da", "vi", "fr"].map((value) => ({ value, label: ownName(value) }));
}

/** The kinds of people of each kind of site. */
export function kindsAt(site: string): readonly PersonKind[] {
  if (site === "office") return ["basic", "advanced"];
  return site === "commercial" ? ["personnel", "administrator"] : ["master", "member"];
}

/** The form of somebody new; `at` is what is known of it. */
export function newPerson(at: Partial<PersonValues> = {}): PersonValues {
  return {
    kind: "", apartment_id: "", department_id: "", company_id: "", first_name: "", last_name: "", email: "", language: "en", country: "", phone: "",
    landlines: threeOf([]), staff_id: "", floors: [], remark: "", address: "", app: "intercom", landline: false, call_path: "", call_type: 0, ...at,
  };
}

/** The form of somebody known; numbers stand behind the area code of the country. */
export function valuesOf(p: Person): PersonValues {
  const { form, status } = p;
  const number = (n: string) => behind(n, status.area_code);
  return {
    id: p.id, revision: p.revision, kind: p.kind, apartment_id: p.apartment_id, department_id: p.department_id, company_id: p.company_id,
    first_name: p.first_name, last_name: p.last_name, email: p.email, language: form.language || "en", country: form.country ?? "", phone: number(p.phone),
    landlines: threeOf((form.landlines ?? []).map(number)), staff_id: p.staff_id, floors: form.floors ?? [], remark: form.remark ?? "",
    address: form.address ?? "", app: form.no_app ? "none" : form.no_intercom ? "plain" : "intercom", landline: form.landline ?? false,
    call_path: form.call_path ?? "", call_type: form.call_type ?? 0,
  };
}

/** What the API is told. */
export function bodyOf(v: PersonValues): PersonBody {
  const office = v.kind === "basic" || v.kind === "advanced";
  const typed = office && v.app === "plain" ? monitorsAndGuards : v.call_type;
  return {
    kind: v.kind, apartment_id: v.apartment_id, department_id: v.department_id, company_id: v.company_id, first_name: v.first_name, last_name: v.last_name,
    email: v.email, phone: v.phone, staff_id: v.staff_id,
    form: {
      floors: v.floors, landlines: v.landlines.filter(filled), country: v.country, language: v.language, remark: v.remark, address: v.address,
      no_intercom: v.app !== "intercom", no_app: v.app === "none", landline: v.landline, call_type: office ? typed : 0,
      ...(office && v.call_path && { call_path: v.call_path }),
    },
  };
}

/** What the form calls a field of the API: those of `form` stand beside the others, and numbers that were left out count. */
export function fieldOf(v: PersonValues, path: string): string {
  const at = path.replace(/^form\./, "");
  if (at === "no_intercom" || at === "no_app") return "app";
  return landlineAt(v.landlines, at);
}

/** Where a number stands that the API counts without those left out. */
export function landlineAt(landlines: string[], path: string): string {
  const n = /^landlines\.(\d+)$/.exec(path);
  if (!n) return path;
  const places = landlines.flatMap((number, i) => (filled(number) ? [i] : []));
  return `landlines.${places[Number(n[1])] ?? 0}`;
}

export interface Numbers {
  phone: string;
  landlines: string[];
}

/** Numbers under another country: those without a code of their own move to it; without any they keep the code of before (PEOPLE-14). */
export function moved(v: Numbers, country: string, areaBefore: string): Numbers & { country: string } {
  const keep = (n: string) => (country === "" && areaBefore && filled(n) && !abroad(n) ? `${areaBefore} ${n.trim().replace(/^0/, "")}` : n);
  return { country, phone: keep(v.phone), landlines: v.landlines.map(keep) };
}

/** Whether a number names its country itself. */
export function abroad(number: string): boolean {
  return /^\s*(\+|00)/.test(number);
}

/** Floors after one was ticked or taken away: all of them leave single ones out. */
export function floorsAfter(before: string[], now: string[]): string[] {
  if (!now.includes(allFloors)) return now;
  return before.includes(allFloors) ? now.filter((f) => f !== allFloors) : [allFloors];
}

/** Every floor there may be, from the top. */
export function everyFloor(): string[] {
  const above = Array.from({ length: 128 }, (_, i) => String(128 - i));
  const below = Array.from({ length: 10 }, (_, i) => String(-1 - i));
  return [...above, "G2", "G1", "G0", "0", ...below];
}

/** Whether something was typed. */
export function filled(text: string): boolean {
  return text.trim() !== "";
}

/** The landline numbers as the form shows them. */
export function threeOf(numbers: string[]): string[] {
  return Array.from({ length: landlineCount }, (_, i) => numbers[i] ?? "");
}

/** A number without the area code that stands in front of it. */
export function behind(number: string, area: string): string {
  return area && number.startsWith(`${area} `) ? number.slice(area.length + 1) : number;
}
