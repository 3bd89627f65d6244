import { IconBuilding, IconChevronRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Apartment, Building, Device } from "../../api/types";
import { Dot } from "../../parts/state";
import { t } from "../../text/t";
import { byName, floorsOf, homeState, type HomeState } from "../../words/floors";
import type { Tone } from "../../words/tone";
import css from "./buildings.module.css";

const tones: Record<HomeState, Tone> = { all: "ok", some: "warn", off: "bad", unseen: "off", none: "off" };

interface TreeProps {
  site: string;
  buildings: Building[];
  apartments: Apartment[];
  devices: Device[];
  picked?: string;
}

/** Site, buildings, floors, apartments. */
export function Tree({ buildings, ...rest }: TreeProps) {
  return (
    <nav aria-label={t("buildings.tree")}>
      <ul className={css.list}>
        {[...buildings]
          .sort((a, b) => byName(a.name, b.name))
          .map((b) => (
            <Branch key={b.id} building={b} {...rest} />
          ))}
      </ul>
    </nav>
  );
}

function Branch({ site, building, apartments, devices }: Omit<TreeProps, "buildings"> & { building: Building }) {
  const [open, setOpen] = useState(true);
  const floors = floorsOf(building.id, apartments);
  return (
    <li>
      <div className={css.row}>
        <button type="button" className={css.toggle} aria-expanded={open} aria-label={building.name} onClick={() => setOpen(!open)}>
          <IconChevronRight size={14} />
        </button>
        <Link to="/sites/$site/buildings/$building" params={{ site, building: building.id }} className={css.link}>
          <IconBuilding size={16} aria-hidden />
          {building.name}
        </Link>
      </div>
      {open && (
        <ul className={css.list}>
          {floors.map((f) => (
            <li key={f.name}>
              <div className={css.floor}>{f.name ? t("floor.name", { name: f.name }) : t("floor.none")}</div>
              <ul className={css.list}>
                {f.apartments.map((a) => {
                  const state = homeState(a.id, devices);
                  return (
                    <li key={a.id}>
                      <Link to="/sites/$site/buildings/apartments/$apartment" params={{ site, apartment: a.id }} className={css.link}>
                        <Dot tone={tones[state]} />
                        <span>{a.number}</span>
                        {a.name && <span className="soft clip">{a.name}</span>}
                        <span className="visually-hidden">{t(`home.${state}`)}</span>
                      </Link>
                    </li>
                  );
                })}
              </ul>
            </li>
          ))}
          {floors.length === 0 && <li className={css.floor}>{t("apartments.none")}</li>}
        </ul>
      )}
    </li>
  );
}
