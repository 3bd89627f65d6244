import type { DeviceDraft, ExternalKind } from "../../api/devices";
import type { Board } from "../../api/types";
import type { ValueWords } from "../../parts/form";
import { t, tn, word } from "../../text/t";
import { methods } from "../../words/deviceform";
import { duration } from "../../words/results";
import { typeWord } from "./parts";

interface Named { id: string; name: string }

/** What the lists of a form call the ids in it. */
export interface Lists {
  boards: Board[];
  groups: Named[];
  buildings: Named[];
  homes: { id: string; number: string }[];
  departments: Named[];
  companies: Named[];
  /** What the forms of devices offer as relay boards. */
  external: ExternalKind[];
  people: { id: string; first_name: string; last_name: string }[];
}

const named = (list: Named[], id: string) => list.find((x) => x.id === id)?.name ?? "";
const onOff = (on: boolean) => t(on ? "conflict.on" : "conflict.off");
const relay = (...parts: (string | number)[]) => parts.filter((p) => p !== "").join(" · ");

/** How the values of a device read where two have edited it at once: every field of the form says what it holds. */
export function draftWords(lists: Lists): ValueWords<DeviceDraft> {
  const home = (id: string) => lists.homes.find((h) => h.id === id)?.number ?? "";
  const person = (id: string) => {
    const p = lists.people.find((x) => x.id === id);
    return p ? `${p.first_name} ${p.last_name}`.trim() : t("dev.owner_none");
  };
  const ways = (list: string[]) => (list.length === methods.length ? t("dev.methods_all") : list.map((m) => word("dev", `method_${m}`)).join(", ") || t("dev.methods_none"));
  return {
    type: typeWord,
    group_id: (id) => named(lists.groups, id),
    building_id: (id) => named(lists.buildings, id) || t("device.no_building"),
    apartment_id: { label: t("device.apartment"), value: (id) => home(id) || (id ? "…" : t("device.no_apartment")) },
    department_id: (id) => named(lists.departments, id) || t("dev.office_public"),
    company_id: (id) => named(lists.companies, id) || t("dev.company_none"),
    owner_id: { label: t("dev.owner"), value: person },
    driver: (d) => t(`device.driver_${d}`),
    dtmf_method: (m) => t(`device.dtmf_${m}`),
    connection: { label: t("care.connection"), value: (c) => c.toUpperCase() },
    relays: {
      label: t("device.relays"),
      value: (list) =>
        list
          .map((r) => relay(r.number, r.name, r.dtmf, r.mode === "latching" ? t("relay.latching") : duration(r.hold_ms), r.enabled ? "" : t("relay.off"), named(lists.boards, r.board_id), ways(r.methods)))
          .join("\n"),
    },
    no_monitoring: { label: t("dev.monitoring"), value: (off) => onOff(!off) },
    no_internet: { label: t("dev.internet"), value: (off) => onOff(!off) },
    works_offline: { label: t("dev.works_offline"), value: onOff },
    buildings: { label: t("dev.scope"), value: (list) => list.map((id) => named(lists.buildings, id)).join(", ") || t("dev.scope_all") },
    chosen_buildings: { label: t("dev.scope_all"), value: (chosen) => onOff(!chosen) },
    contact_display: { label: t("dev.contact_display"), value: (d) => word("dev", `display_${d}`) },
    directory: {
      label: t("dev.directory"),
      value: (d) => (d ? t("dev.directory_count", { apartments: tn("count.apartments", d.apartments.length), devices: tn("dev.monitors", d.devices.length) }) : t("dev.directory_all")),
    },
    hold_open: { label: t("dev.hold_open"), value: onOff },
    arming: { label: t("dev.arming"), value: onOff },
    security_relay: { label: t("dev.security"), value: (x) => (x ? relay(x.name, x.dtmf) : t("conflict.off")) },
    built_in: { label: t("dev.built_in"), value: (list) => list.map((r) => relay(r.number, r.name, onOff(r.on))).join("\n") || t("conflict.off") },
    external: { label: t("dev.external"), value: (x) => externalWords(x, lists.external) },
    module: { label: t("dev.module_type"), value: (m) => m || t("dev.module_none") },
    buttons: { label: t("dev.module"), value: (list) => list.map((b) => `${b.button} → ${home(b.apartment_id) || "…"}`).join(", ") },
    model: { label: t("device.model"), value: (m) => m },
  };
}

function externalWords(x: DeviceDraft["external"], kinds: ExternalKind[]): string {
  if (!x) return t("conflict.off");
  const kind = kinds.find((k) => k.type === x.type)?.name ?? x.type;
  const head = relay(kind, word("dev", `mode_${x.mode}`), x.address, x.port, ...(x.wire ? [word("boards", `profile_${x.wire.profile}`), x.wire.port, `${t("boards.unit")} ${x.wire.unit}`] : []));
  return [head, ...x.channels.map((c) => relay(c.number, c.name, c.function))].join("\n");
}
