import { IconDoor } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Apartment, Building, Device } from "../../api/types";
import { Dot, State } from "../../parts/state";
import { t } from "../../text/t";
import { doorsOf, floorsOf, homeState, type HomeState } from "../../words/floors";
import { deviceState, type Tone } from "../../words/tone";
import css from "./house.module.css";

const homeTones: Record<HomeState, Tone> = { all: "ok", some: "warn", off: "bad", unseen: "off", none: "off" };

interface HouseProps {
  site: string;
  building: Building;
  apartments: Apartment[];
  devices: Device[];
}

/** A building as a drawing: floors with their apartments, the ground, and the doors. */
export function House({ site, building, apartments, devices }: HouseProps) {
  const floors = floorsOf(building.id, apartments);
  const doors = doorsOf(building.id, devices);
  return (
    <div className={css.house}>
      <h3 className={css.name}>
        <Link to="/sites/$site/buildings/$building" params={{ site, building: building.id }}>
          {building.name}
        </Link>
      </h3>
      <ul className={css.floors}>
        {floors.length === 0 && (
          <li className={css.floor}>
            <span className="soft">{t("overview.no_homes")}</span>
          </li>
        )}
        {floors.map((f) => (
          <li key={f.name} className={css.floor}>
            <span className={css.label} aria-label={f.name ? t("floor.name", { name: f.name }) : t("overview.no_floor")}>
              {f.name || "–"}
            </span>
            {f.apartments.map((a) => (
              <Home key={a.id} site={site} apartment={a} state={homeState(a.id, devices)} />
            ))}
          </li>
        ))}
      </ul>
      <ul className={css.ground}>
        {doors.length === 0 && <li className={css.nodoor}>{t("buildings.no_doors")}</li>}
        {doors.map((d) => (
          <li key={d.id}>
            <Door site={site} device={d} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Home({ site, apartment, state }: { site: string; apartment: Apartment; state: HomeState }) {
  const label = t("home.label", { number: apartment.number, state: t(`home.${state}`) });
  return (
    <Link
      to="/sites/$site/buildings/apartments/$apartment"
      params={{ site, apartment: apartment.id }}
      className={css.home}
      aria-label={label}
      title={label}
    >
      <Dot tone={homeTones[state]} />
      {apartment.number}
    </Link>
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
