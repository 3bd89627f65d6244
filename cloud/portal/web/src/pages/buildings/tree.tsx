import { IconBuilding, IconBuildingCommunity, IconTrees } from "@tabler/icons-react";
import { useEffect, useMemo, useState, type KeyboardEvent } from "react";
import { useApartment } from "../../api/apartments";
import { noFloor, useFloor, useFloors, type Tree as Whole, type TreeApartment, type TreeFloor } from "../../api/tree";
import { SkeletonRows } from "../../parts/page";
import { t, tn } from "../../text/t";
import { branch, keepOpen, keptOpen, stepTo, typedTo, withOpen } from "../../words/tree";
import { BuildingMenu } from "./buildingmenu";
import { Item, TreeContext, useTreeState } from "./treeitem";
import css from "./tree.module.css";

interface TreeProps {
  site: string;
  of: Whole;
  /** What is shown beside the tree: its branch is opened. */
  building?: string;
  apartment?: string;
  /** The name of the item whose page that is. */
  here: string;
}

/** Up to how many apartments a building shows floors and apartments at once. */
const small = 60;

/** The community, its public area, buildings, floors and apartments (SITE-24); what hangs below is read when a branch is opened. */
export function Tree({ site, of, building, apartment, here }: TreeProps) {
  const [open, setOpen] = useState(() => keptOpen(site));
  const [at, setAt] = useState(here || branch.site);
  const put = (names: string[], to: boolean) =>
    setOpen((old) => {
      const next = withOpen(old, names, to);
      keepOpen(site, next);
      return next;
    });
  const home = useApartment(site, apartment).data;
  useEffect(() => {
    if (home) put([branch.site, branch.building(home.building_id), branch.floor(home.building_id, home.floor)], true);
    else if (building) put([branch.site, branch.building(building)], true);
  }, [home?.id, home?.building_id, home?.floor, building]);
  const state = useMemo(() => ({ site, open, put: (name: string, to: boolean) => put([name], to), at, setAt, here }), [site, open, at, here]);
  const homes = of.buildings.reduce((n, b) => n + b.apartments, 0);
  return (
    <TreeContext value={state}>
      <ul role="tree" aria-label={t("buildings.tree")} className={css.list} onKeyDown={walk}>
        <Item
          name={branch.site}
          level={1}
          to={`/sites/${site}/buildings/all`}
          label={<><IconBuildingCommunity size={16} aria-hidden />{t("homes.community")}</>}
          more={homes}
          opens
        >
          <Item
            name={branch.public}
            level={2}
            to={`/sites/${site}/buildings/public`}
            label={<><IconTrees size={16} aria-hidden />{t("homes.public")}</>}
            more={of.public.devices + of.public.cameras || undefined}
          />
          {of.buildings.map((b) => (
            <BuildingItem key={b.id} building={b} opens={of.buildings.length === 1} />
          ))}
        </Item>
      </ul>
    </TreeContext>
  );
}

function BuildingItem({ building: b, opens }: { building: Whole["buildings"][number]; opens: boolean }) {
  const { site } = useTreeState();
  return (
    <Item
      name={branch.building(b.id)}
      level={2}
      to={`/sites/${site}/buildings/${b.id}`}
      label={<><IconBuilding size={16} aria-hidden />{b.name}</>}
      more={<span title={tn("count.apartments", b.apartments)}>{b.apartments}</span>}
      opens={opens}
      menu={(link) => <BuildingMenu site={site} building={b.id}>{link}</BuildingMenu>}
    >
      <Floors building={b.id} opens={b.apartments <= small} />
    </Item>
  );
}

function Floors({ building, opens }: { building: string; opens: boolean }) {
  const { site } = useTreeState();
  const floors = useFloors(site, building);
  if (!floors.data) return <Waiting failed={floors.isError} />;
  if (floors.data.length === 0) return <Line>{t("apartments.none")}</Line>;
  return floors.data.map((f) => (
    <Item
      key={f.floor}
      name={branch.floor(building, f.floor)}
      level={3}
      to={`/sites/${site}/buildings/${building}`}
      search={{ floor: f.floor || noFloor }}
      label={<span className={css.floor}>{f.floor ? t("floor.name", { name: f.floor }) : t("floor.none")}</span>}
      more={f.count}
      opens={opens}
    >
      {f.apartments ? <Apartments of={f.apartments} /> : <Floor building={building} floor={f} />}
    </Item>
  ));
}

/** The apartments of a floor in a building too big to be read at once. */
function Floor({ building, floor }: { building: string; floor: TreeFloor }) {
  const { site } = useTreeState();
  const homes = useFloor(site, building, floor.floor, true);
  if (!homes.data) return <Waiting failed={homes.isError} />;
  return <Apartments of={homes.data} />;
}

function Apartments({ of }: { of: TreeApartment[] }) {
  const { site } = useTreeState();
  return of.map((a) => (
    <Item
      key={a.id}
      name={a.id}
      level={4}
      to={`/sites/${site}/buildings/apartments/${a.id}`}
      label={
        <>
          {a.number}
          {a.name && <span className="soft clip">{a.name}</span>}
        </>
      }
    />
  ));
}

function Waiting({ failed }: { failed: boolean }) {
  return failed ? (
    <Line>{t("homes.tree_failed")}</Line>
  ) : (
    <li role="none">
      <SkeletonRows n={2} />
    </li>
  );
}

/** A line that is no item: nothing there, or not read. */
function Line({ children }: { children: string }) {
  return (
    <li role="none" className={css.note}>
      {children}
    </li>
  );
}

/** Arrows walk, right opens, left shuts or goes up, a letter jumps: as trees are used everywhere. */
function walk(e: KeyboardEvent<HTMLUListElement>) {
  const now = (e.target as HTMLElement).closest<HTMLElement>("[role=treeitem]");
  if (!now || e.ctrlKey || e.metaKey || e.altKey) return;
  const items = [...e.currentTarget.querySelectorAll<HTMLElement>("[role=treeitem]")];
  const index = items.indexOf(now);
  const expanded = now.getAttribute("aria-expanded");
  const toggle = () => now.parentElement?.querySelector("button")?.click();
  const to = stepTo(e.key, index, items.length);
  if (to !== undefined) items[to]?.focus();
  else if (e.key === "ArrowRight" && expanded === "false") toggle();
  else if (e.key === "ArrowRight" && expanded === "true") items[index + 1]?.focus();
  else if (e.key === "ArrowLeft" && expanded === "true") toggle();
  else if (e.key === "ArrowLeft") now.closest("[role=group]")?.parentElement?.querySelector<HTMLElement>("[role=treeitem]")?.focus();
  else if (e.key === " ") now.click();
  else if (e.key.length === 1) items[typedTo(e.key, index, items.map((i) => i.textContent ?? "")) ?? index]?.focus();
  else return;
  e.preventDefault();
}
