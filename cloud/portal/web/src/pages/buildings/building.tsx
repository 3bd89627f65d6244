import { Button } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useApartments } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import { useDevices } from "../../api/devices";
import { Empty, Page, Panel, SkeletonRows } from "../../parts/page";
import { t, tn } from "../../text/t";
import { doorsOf, floorsOf } from "../../words/floors";
import { Missing } from "../missing";
import { House, Legend } from "../overview/house";
import { DeviceRow } from "./devicerow";
import { EditApartment } from "./editapartment";
import { EditBuilding } from "./editbuilding";
import css from "./buildings.module.css";

/** One building: its drawing, its doors, and the way to a new apartment. */
export default function BuildingPage() {
  const { site, building: id } = useParams({ from: "/inside/sites/$site/buildings/$building" });
  const buildings = useBuildings(site);
  const apartments = useApartments(site);
  const devices = useDevices(site);
  const [editing, setEditing] = useState(false);
  const [adding, setAdding] = useState(false);
  const building = buildings.data?.find((b) => b.id === id);
  if (!buildings.data || !apartments.data) return <SkeletonRows />;
  if (!building) return <Missing />;
  const floors = floorsOf(id, apartments.data);
  const homes = floors.reduce((n, f) => n + f.apartments.length, 0);
  const doors = doorsOf(id, devices.data ?? []);
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
      {t("apartments.new")}
    </Button>
  );
  return (
    <Page
      title={building.name}
      crumbs={
        <Link to="/sites/$site/buildings" params={{ site }}>
          {t("buildings.title")}
        </Link>
      }
      under={<span>{tn("count.apartments", homes)}</span>}
      acts={
        <>
          <Button variant="default" leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setEditing(true)}>
            {t("act.edit")}
          </Button>
          {homes > 0 && add}
        </>
      }
    >
      <div style={{ display: "grid", gap: 16 }}>
        <Panel title={t("buildings.floors")} flush>
          {homes === 0 ? (
            <Empty body={t("buildings.empty_body")} act={add} />
          ) : (
            <>
              <House site={site} building={building} apartments={apartments.data} devices={devices.data ?? []} />
              <Legend />
            </>
          )}
        </Panel>
        <Panel
          title={t("buildings.doors")}
          flush
          acts={
            <Button component={Link} to={`/sites/${site}/devices/new?building=${id}`} variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />}>
              {t("devices.new")}
            </Button>
          }
        >
          {doors.length === 0 && <Empty small body={t("buildings.no_doors")} />}
          <ul className={css.rows}>
            {doors.map((d) => (
              <DeviceRow key={d.id} site={site} device={d} />
            ))}
          </ul>
        </Panel>
      </div>
      <EditBuilding site={site} building={building} opened={editing} onClose={() => setEditing(false)} />
      <EditApartment site={site} building={id} opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}
