import { Link, useSearch } from "@tanstack/react-router";
import { t } from "../../text/t";
import { AddDevice, DeviceList } from "../devices/devices";
import css from "./buildings.module.css";

export type LevelTab = "apartments" | "devices" | "cameras";

/** The tab that the address names; the first without one. */
export function useTab(tabs: readonly LevelTab[]): LevelTab {
  const asked = (useSearch({ strict: false }) as { tab?: unknown }).tab;
  return tabs.find((x) => x === asked) ?? tabs[0]!;
}

/** The tabs of a level of the tree (SITE-24). Another tab begins its list anew. */
export function LevelTabs({ tabs, now }: { tabs: readonly LevelTab[]; now: LevelTab }) {
  return (
    <nav className={css.tabs} aria-label={t("homes.tabs")}>
      {tabs.map((tab, i) => (
        <Link key={tab} to="." search={(i === 0 ? {} : { tab }) as never} className={css.tab} data-now={tab === now || undefined} aria-current={tab === now ? "page" : undefined}>
          {t(`homes.tab_${tab}`)}
        </Link>
      ))}
    </nav>
  );
}

interface LevelDevicesProps {
  site: string;
  /** Without it the public area of the site. */
  building?: string;
}

/** The devices that stand in a building, or outside the buildings, as the guides list them (DEV-28). */
export function LevelDevices({ site, building }: LevelDevicesProps) {
  const at = building ? { building } : { place: "site" };
  return (
    <>
      <div style={{ marginBottom: 14 }}>
        <AddDevice site={site} at={at} />
      </div>
      <DeviceList site={site} at={at} />
    </>
  );
}
