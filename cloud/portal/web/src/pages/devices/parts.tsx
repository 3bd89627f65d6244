import { IconDeviceLandlinePhone, IconDeviceTablet, IconDoor, IconHomeBolt, IconShieldLock, type Icon } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { registrable, useCandidates } from "../../api/agents";
import type { Apartment, Building, Device } from "../../api/types";
import { t, word } from "../../text/t";
import { byName } from "../../words/floors";
import css from "./devices.module.css";

const icons: Record<number, Icon> = { 0: IconDoor, 1: IconHomeBolt, 2: IconDeviceTablet, 3: IconDeviceLandlinePhone, 50: IconShieldLock };

/** The drawing of a device type. */
export function DeviceIcon({ type, size = 18 }: { type: number; size?: number }) {
  const Drawn = icons[type] ?? IconDoor;
  return <Drawn size={size} aria-hidden />;
}

/** The word for a device type. */
export function typeWord(type: number): string {
  return word("device", `type_${type}`);
}

/** The lists that belong to devices. */
export function DeviceTabs({ site }: { site: string }) {
  const found = registrable(useCandidates(site).data);
  return (
    <nav className={css.tabs} aria-label={t("devices.title")}>
      <Link to="/sites/$site/devices" params={{ site }} className={css.tab} activeOptions={{ includeSearch: false, exact: true }}>
        {t("devices.tab_list")}
      </Link>
      <Link to="/sites/$site/boards" params={{ site }} className={css.tab}>
        {t("devices.tab_boards")}
      </Link>
      <Link to="/sites/$site/found" params={{ site }} className={css.tab}>
        {t("devices.tab_found")}
        {found > 0 && <span className={css.count}>{found}</span>}
      </Link>
    </nav>
  );
}

/** Where a device stands: "House A · 101", a building, or outside. */
export function placeOf(device: Pick<Device, "building_id" | "apartment_id">, buildings: Building[], apartments: Apartment[]): string {
  const apartment = apartments.find((a) => a.id === device.apartment_id);
  const building = buildings.find((b) => b.id === (device.building_id || apartment?.building_id));
  if (apartment) return [building?.name, apartment.number].filter(Boolean).join(" · ");
  return building?.name ?? t("devices.public");
}

/** Names and values for a picker, in the order people count. */
export function options<T>(list: T[] | undefined, value: (x: T) => string, label: (x: T) => string): { value: string; label: string }[] {
  return (list ?? []).map((x) => ({ value: value(x), label: label(x) })).sort((a, b) => byName(a.label, b.label));
}
