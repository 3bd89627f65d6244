import { Link, useSearch } from "@tanstack/react-router";
import { t } from "../../text/t";
import { AutoPButton } from "../devices/autopbatch";
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
  level: "all" | "building" | "public";
  /** Of the level of a building. */
  building?: string;
}

/** Where the devices of a level are: in a building with its apartments, or outside the buildings. */
const placeOf = (level: LevelDevicesProps["level"], building?: string) => (building ? { building } : level === "public" ? { place: "site" } : undefined);

/** The devices of a level, as the guides list them (DEV-28). */
export function LevelDevices({ site, level, building }: LevelDevicesProps) {
  return <DeviceList site={site} at={placeOf(level, building)} />;
}

/** The way to a new device of a level. */
export function AddAtLevel({ site, level, building }: LevelDevicesProps) {
  return (
    <>
      <AutoPButton site={site} at={{ building }} />
      <AddDevice site={site} at={placeOf(level, building)} />
    </>
  );
}
