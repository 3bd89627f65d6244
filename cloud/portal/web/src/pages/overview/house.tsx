import { IconDoor } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useDrawnDevices, useDrawnFloors, type TreeFloor } from "../../api/overview";
import type { Device } from "../../api/types";
import { SkeletonRows } from "../../parts/page";
import { Dot, State } from "../../parts/state";
import { t, tn } from "../../text/t";
import { byApartment, stateOf } from "../../words/drawing";
import type { HomeState } from "../../words/floors";
import { deviceState, type Tone } from "../../words/tone";
import css from "./house.module.css";

const homeTones: Record<HomeState, Tone> = { all: "ok", some: "warn", off: "bad", unseen: "off", none: "off" };

interface HouseProps {
  site: string;
  building: { id: string; name: string };
  /** Its name stands above it and leads to its page. */
  named?: boolean;
  /** It is the house of one family. */
  alone?: boolean;
}

/** A building as a drawing: floors with their apartments, the ground, and the doors. */
export function House({ site, building, named, alone }: HouseProps) {
  const floors = useDrawnFloors(site, building.id);
  const silent = useDrawnDevices(site, { building: building.id, place: "apartment", status: "offline" });
  const doors = useDrawnDevices(site, { building: building.id, place: "building" });
  if (!floors.data || !silent.data || !doors.data) return <SkeletonRows n={3} />;
  const quiet = byApartment(silent.data);
  return (
    <div className={css.house}>
      {named && (
        <h3 className={css.name}>
          <Link to="/sites/$site/buildings/$building" params={{ site, building: building.id }}>
            {building.name}
          </Link>
        </h3>
      )}
      <ul className={css.floors}>
        {floors.data.length === 0 && (
          <li className={css.floor}>
            <span className="soft">{t("overview.no_homes")}</span>
          </li>
        )}
        {floors.data.map((f) => (
          <Floor key={f.floor} site={site} building={building.id} floor={f} quiet={quiet} alone={alone} />
        ))}
      </ul>
      <Ground site={site} doors={doors.data} none={t(alone ? "overview.no_door_at_home" : "buildings.no_doors")} />
    </div>
  );
}

interface FloorProps {
  site: string;
  building: string;
  floor: TreeFloor;
  quiet: Map<string, Device[]>;
  alone?: boolean;
}

function Floor({ site, building, floor, quiet, alone }: FloorProps) {
  return (
    <li className={css.floor}>
      {!alone && (
        <span className={css.label} aria-label={floor.floor ? t("floor.name", { name: floor.floor }) : t("overview.no_floor")}>
          {floor.floor || "–"}
        </span>
      )}
      {floor.apartments === null && (
        <Link to="/sites/$site/buildings/$building" params={{ site, building }} className={css.home}>
          {tn("count.apartments", floor.count)}
        </Link>
      )}
      {floor.apartments?.map((a) => <Home key={a.id} site={site} id={a.id} called={alone ? a.name || t("overview.home") : a.number} alone={alone} state={stateOf(a.devices, quiet.get(a.id) ?? [])} />)}
    </li>
  );
}

interface HomeProps {
  site: string;
  id: string;
  called: string;
  alone?: boolean;
  state: HomeState;
}

function Home({ site, id, called, alone, state }: HomeProps) {
  const word = t(`home.${state}`);
  const label = alone ? `${called}: ${word}` : t("home.label", { number: called, state: word });
  return (
    <Link to="/sites/$site/buildings/apartments/$apartment" params={{ site, apartment: id }} className={css.home} data-alone={alone || undefined} aria-label={label} title={label}>
      <Dot tone={homeTones[state]} />
      {called}
    </Link>
  );
}

/** The ground on which a drawing stands, with the doors at it. */
export function Ground({ site, doors, none }: { site: string; doors: Device[]; none: string }) {
  return (
    <ul className={css.ground}>
      {doors.length === 0 && <li className={css.nodoor}>{none}</li>}
      {doors.map((d) => (
        <li key={d.id}>
          <Door site={site} device={d} />
        </li>
      ))}
    </ul>
  );
}

/** A department or a company as a storey of its own: its name, who belongs to it, and its devices. */
export function Party({ name, people, site, devices }: { name: ReactNode; people: number; site: string; devices: Device[] }) {
  return (
    <li className={css.party}>
      <span className={css.partyName}>
        <strong>{name}</strong>
        <span className="soft">{tn("count.people", people)}</span>
      </span>
      {devices.map((d) => (
        <Door key={d.id} site={site} device={d} />
      ))}
    </li>
  );
}

/** A device at a door, as it stands in the drawing. */
export function Door({ site, device }: { site: string; device: Device }) {
  const state = deviceState(device);
  return (
    <Link
      to="/sites/$site/devices/$device"
      params={{ site, device: device.id }}
      className={css.door}
      aria-label={`${device.name}: ${state.word}`}
      title={`${t(`device.type_${device.type}` as "device.type_0")} · ${state.word}`}
    >
      <IconDoor size={18} aria-hidden />
      {device.name}
      <Dot tone={state.tone} />
    </Link>
  );
}

/** What the dots of the drawing mean. */
export function Legend() {
  return (
    <div className={css.legend}>
      <span className="soft">{t("overview.legend")}</span>
      {(["all", "some", "off", "none"] as const).map((s) => (
        <State key={s} tone={homeTones[s]} word={s === "none" ? t("overview.none_or_unseen") : t(`home.${s}`)} />
      ))}
    </div>
  );
}
