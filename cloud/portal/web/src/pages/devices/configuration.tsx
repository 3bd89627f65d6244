import type { ReactNode } from "react";
import { useBuildings } from "../../api/buildings";
import { draftOf, useDeviceOptions } from "../../api/devices";
import { useGroups } from "../../api/groups";
import type { Device } from "../../api/types";
import { Facts, Panel } from "../../parts/page";
import { t } from "../../text/t";
import { hasField, type DeviceField, type DevicePlace } from "../../words/deviceform";
import { hasRelays } from "../../words/floors";
import { draftWords } from "./formwords";

/** How a device is set up, as its form would say it: only what a device of its type at its place has. */
export function Configuration({ site, device, place }: { site: string; device: Device; place: DevicePlace }) {
  const buildings = useBuildings(site).data ?? [];
  const groups = useGroups(site).data ?? [];
  const external = useDeviceOptions().data?.external_relays ?? [];
  const words = draftWords({ external, boards: [], groups, buildings, homes: [], departments: [], companies: [], people: [] });
  const d = draftOf(device);
  const has = (field: DeviceField) => hasField(field, d.type, place);
  const yes = (on: boolean) => t(on ? "dev.yes" : "dev.no");
  const said = <K extends keyof typeof d>(key: K): string => {
    const says = words[key] as { value: (v: unknown) => string } | ((v: unknown) => string) | undefined;
    return typeof says === "function" ? says(d[key]) : (says?.value(d[key]) ?? "");
  };
  const rows: [string, ReactNode][] = [];
  if (place !== "home") rows.push([t("device.group"), said("group_id")]);
  if (has("monitoring")) rows.push([t("dev.monitoring"), yes(!d.no_monitoring)]);
  if (has("internet") && d.no_internet) rows.push([t("dev.internet"), yes(false)]);
  if (has("buildings")) rows.push([t("dev.serves"), said("buildings")]);
  if (has("contact_display")) rows.push([t("dev.contact_display"), said("contact_display")]);
  if (has("directory")) rows.push([t("dev.directory"), said("directory")]);
  if (has("hold_open")) rows.push([t("dev.hold_open"), yes(d.hold_open)]);
  if (has("security_relay") && d.security_relay) rows.push([t("dev.security"), said("security_relay")]);
  if (has("arming")) rows.push([t("dev.arming"), yes(d.arming)]);
  if (has("works_offline") && d.works_offline) rows.push([t("dev.works_offline"), yes(true)]);
  if (has("built_in")) rows.push([t("dev.built_in"), lines(said("built_in"))]);
  if (has("external")) rows.push([t("dev.external"), lines(said("external"))]);
  if (d.module) rows.push([t("dev.module_type"), d.module]);
  rows.push([t("device.driver"), said("driver")]);
  rows.push([t("care.connection"), said("connection")]);
  if (hasRelays(d.type)) rows.push([t("device.dtmf"), said("dtmf_method")]);
  return (
    <Panel title={t("dev.settings")}>
      <Facts rows={rows} />
    </Panel>
  );
}

const lines = (text: string) => <span style={{ whiteSpace: "pre-line" }}>{text}</span>;
