import { Button } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useApartments } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import { useDevices } from "../../api/devices";
import { Empty, Page, Panel, Panels, SkeletonRows } from "../../parts/page";
import { t, tn } from "../../text/t";
import { doorsOf, floorsOf } from "../../words/floors";
import { Missing } from "../missing";
import { House, Legend } from "../overview/house";
import { DevicesPanel } from "./devicespanel";
import { EditApartment } from "./editapartment";
import { EditBuilding } from "./editbuilding";

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
      <Panels>
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
        <DevicesPanel site={site} title={t("buildings.doors")} devices={devices.data && doorsOf(id, devices.data)} at={`building=${id}`} empty={t("buildings.no_doors")} />
      </Panels>
      <EditBuilding site={site} building={building} opened={editing} onClose={() => setEditing(false)} />
      <EditApartment site={site} building={id} opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}
