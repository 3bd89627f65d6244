import { Button } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useBuilding } from "../../api/buildings";
import { asProblem } from "../../api/problem";
import { noFloor, useTree } from "../../api/tree";
import type { Building } from "../../api/types";
import { Failed, Page, SkeletonRows } from "../../parts/page";
import { WalkLine } from "../../parts/walk";
import { useMay } from "../../shell/eyes";
import { t, tn } from "../../text/t";
import { CamerasPanel } from "../cameras/panel";
import { Missing } from "../missing";
import { ApartmentList } from "./apartmentlist";
import { EditApartment } from "./editapartment";
import { EditBuilding } from "./editbuilding";
import { AddAtLevel, LevelDevices, LevelTabs, useTab, type LevelTab } from "./levels";

const tabs: readonly LevelTab[] = ["apartments", "devices", "cameras"];

/** One building: its apartments, its devices, its cameras. */
export default function BuildingPage() {
  const { site, building: id } = useParams({ from: "/inside/sites/$site/buildings/$building" });
  const building = useBuilding(site, id);
  if (building.data) return <Shown site={site} building={building.data} key={id} />;
  if (!building.isError) return <SkeletonRows />;
  return asProblem(building.error).status === 404 ? <Missing /> : <Failed error={building.error} again={() => void building.refetch()} />;
}

function Shown({ site, building }: { site: string; building: Building }) {
  const of = useTree(site).data?.buildings.find((b) => b.id === building.id);
  const tab = useTab(tabs);
  const may = useMay("sites.write");
  const devices = useMay("devices.read");
  const asked = (useSearch({ strict: false }) as { floor?: unknown }).floor;
  const floor = asked === undefined || asked === noFloor ? "" : String(asked as string | number);
  const [editing, setEditing] = useState(false);
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title={building.name}
      crumbs={
        <Link to="/sites/$site/buildings" params={{ site }}>
          {t("buildings.title")}
        </Link>
      }
      under={
        <>
          {of && <span>{tn("count.apartments", of.apartments)}</span>}
          <span>{t("homes.ground_is", { floor: building.ground_floor || t("buildings.device") })}</span>
          <span>{t("homes.start_is", { floor: building.start_floor || t("buildings.device") })}</span>
        </>
      }
      acts={
        <>
          {may && (
            <Button variant="default" leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setEditing(true)}>
              {t("act.edit")}
            </Button>
          )}
          {may && tab === "apartments" && (
            <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
              {t("apartments.new")}
            </Button>
          )}
          {tab === "devices" && <AddAtLevel site={site} level="building" building={building.id} />}
        </>
      }
    >
      {devices && <WalkLine site={site} of={{ building: building.id }} />}
      <LevelTabs tabs={tabs} now={tab} />
      {tab === "apartments" && <ApartmentList site={site} building={building.id} />}
      {tab === "devices" && <LevelDevices site={site} level="building" building={building.id} />}
      {tab === "cameras" && <CamerasPanel site={site} building={building.id} />}
      <EditBuilding site={site} building={building} opened={editing} onClose={() => setEditing(false)} />
      <EditApartment site={site} building={building.id} floor={floor} opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}
