import type { components } from "../api/schema";
import { behind, filled, landlineAt, threeOf } from "./personform";

export type HomeForm = components["schemas"]["HomeForm"];
export type HomeBody = components["schemas"]["HomeFormInput"];

/** What the form of a single-family user holds (PEOPLE-01): everything side by side. Without a zone of its own the home follows the installer's. */
export interface HomeValues {
  revision: number;
  name: string;
  room_name: string;
  email: string;
  language: string;
  country: string;
  phone: string;
  landlines: string[];
  address: string;
  call_path: "ip" | "sip";
  time_zone: string;
  smart_home: boolean;
  premium: boolean;
  landline: boolean;
}

/** The form as it is saved. */
export function homeValues(h: HomeForm): HomeValues {
  const { user, person } = h;
  const number = (n: string) => behind(n, person.status.area_code);
  return {
    revision: h.revision, name: user.name ?? "", room_name: user.room_name ?? "", email: user.email ?? "", language: user.language || "en",
    country: user.country ?? "", phone: number(user.phone ?? ""), landlines: threeOf((user.landlines ?? []).map(number)), address: user.address ?? "",
    call_path: user.call_path ?? "ip", time_zone: h.follow_zone ? "" : (h.time_zone ?? ""), smart_home: h.home_automation ?? false, premium: h.premium ?? false,
    landline: h.landline ?? false,
  };
}

/** What the API is told. */
export function homeBody(v: HomeValues): HomeBody {
  const { name, room_name, email, language, country, phone, address, call_path } = v;
  return {
    user: { name, room_name, email, language, country, phone, address, call_path, landlines: v.landlines.filter(filled) },
    time_zone: v.time_zone, follow_zone: v.time_zone === "", home_automation: v.smart_home, premium: v.premium, landline: v.landline,
  };
}

/** What the form calls a field of the API. */
export function homeField(v: HomeValues, path: string): string {
  if (path === "home_automation") return "smart_home";
  return landlineAt(v.landlines, path.replace(/^user\./, ""));
}
