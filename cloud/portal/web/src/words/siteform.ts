import type { components } from "../api/schema";
import type { Site } from "../api/types";
import type { SiteKind } from "./sitekind";

type Form = components["schemas"]["SiteForm"];
type Address = components["schemas"]["Address"];
type Filled<T> = { [K in keyof T]-?: NonNullable<T[K]> };

export type Variant = NonNullable<Form["variant"]>;

/**
 * What the form of a site holds: everything side by side, so that two who edit at once choose field by field. Every default is written out; what a kind
 * of site does not have is never sent.
 */
export interface SiteValues extends Filled<Form>, Filled<Address> {
  name: string;
  time_zone: string;
  kind: SiteKind;
  revision?: number;
}

const defaults: Filled<Form> = {
  date_format: "ymd", hour12: false, contact_order: "first_last",
  plan: "basic", landline: false, video_storage: false, community_calls: false, access: "public_private", pin_mode: "pin", pay_by_pm: false,
  expiration_mails: "user_pm", renew_mails: false, smart_home: false, no_registration: false, dormakaba: false,
  variant: "single_company", scenario: "", create_pin: false, create_qr: false, attendance: "off", disconnect_mails: false, sim_messages: false,
  office_plan: false, package_room: false, pin_control: false, qr_control: false,
  no_visitor_log: false, no_call_pictures: false,
  charge_mode: "installer", user_mails: false, premium: false, follow_zone: false, user_language: "",
};

const nowhere: Filled<Address> = { country: "", state: "", city: "", post_code: "", street: "" };

type Field = keyof Form;

/** The fields of each kind of site (02-sites, table 2), as the API takes them. */
const fields: Record<SiteKind, readonly Field[]> = {
  community: [
    "date_format", "hour12", "contact_order", "plan", "landline", "video_storage", "community_calls", "access", "pin_mode", "pay_by_pm", "expiration_mails",
    "renew_mails", "smart_home", "no_registration", "dormakaba", "no_visitor_log",
  ],
  commercial: [
    "date_format", "hour12", "contact_order", "variant", "scenario", "create_pin", "create_qr", "attendance", "disconnect_mails", "sim_messages",
    "no_call_pictures",
  ],
  office: ["office_plan", "package_room", "pin_control", "qr_control", "no_visitor_log"],
  single: ["landline", "smart_home", "premium", "charge_mode", "user_mails", "renew_mails", "follow_zone", "user_language"],
};

/** The fields that stand in the second step of a form, or under its second heading. */
const advanced: Partial<Record<SiteKind, readonly Field[]>> = {
  community: [
    "contact_order", "video_storage", "community_calls", "access", "pin_mode", "pay_by_pm", "expiration_mails", "renew_mails", "smart_home",
    "no_registration", "dormakaba", "no_visitor_log",
  ],
};

/** Whether a field stands in the second step. */
export function isAdvanced(kind: SiteKind, field: string): boolean {
  return (advanced[kind] ?? []).includes(field as Field);
}

/** The form of a new site. */
export function newSite(kind: SiteKind, zone: string): SiteValues {
  return { name: "", time_zone: zone, kind, ...nowhere, ...defaults };
}

/** The form of a site that there is. */
export function valuesOf(site: Site): SiteValues {
  const { name, time_zone, kind, revision, form, address } = site;
  return { name, time_zone, kind, revision, ...nowhere, ...address, ...defaults, ...form };
}

export interface SiteBody {
  name: string;
  time_zone: string;
  kind: SiteKind;
  form: Form;
  address: Address;
}

/** What the API is told: of the form only what the kind of site has. */
export function bodyOf(values: SiteValues): SiteBody {
  const { name, time_zone, kind, country, state, city, post_code, street } = values;
  const form = Object.fromEntries(fields[kind].map((f) => [f, values[f]])) as Form;
  if (form.scenario === "") delete form.scenario;
  if (form.user_language === "") delete form.user_language;
  if (form.plan === "basic") form.landline = false; // the switch is not there with this plan (SITE-12)
  if (form.office_plan === false) form.package_room = form.pin_control = form.qr_control = false;
  return { name, time_zone, kind, form, address: { country, state, city, post_code, street } };
}
