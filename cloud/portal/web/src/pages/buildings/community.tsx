import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTree } from "../../api/tree";
import { Page } from "../../parts/page";
import { useMay } from "../../shell/eyes";
import { t, tn } from "../../text/t";
import { CamerasPanel } from "../cameras/panel";
import { ApartmentList } from "./apartmentlist";
import { EditApartment } from "./editapartment";
import { AddAtLevel, LevelDevices, LevelTabs, useTab, type LevelTab } from "./levels";

const tabs: readonly LevelTab[] = ["apartments", "devices", "cameras"];

/** The level of the whole community: the apartments, devices and cameras of all its buildings (SITE-24). */
export default function Community() {
  const { site } = useParams({ from: "/inside/sites/$site/buildings/all" });
  const tree = useTree(site).data;
  const tab = useTab(tabs);
  const may = useMay("sites.write");
  const [adding, setAdding] = useState(false);
  const homes = tree?.buildings.reduce((n, b) => n + b.apartments, 0);
  const only = tree?.buildings.length === 1 ? tree.buildings[0]!.id : "";
  return (
    <Page
      title={t("homes.community")}
      crumbs={
        <Link to="/sites/$site/buildings" params={{ site }}>
          {t("buildings.title")}
        </Link>
      }
      under={homes !== undefined && <span>{tn("count.apartments", homes)}</span>}
      acts={
        <>
          {may && tab === "apartments" && (
            <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
              {t("apartments.new")}
            </Button>
          )}
          {tab === "devices" && <AddAtLevel site={site} level="all" />}
        </>
      }
    >
      <LevelTabs tabs={tabs} now={tab} />
      {tab === "apartments" && <ApartmentList site={site} key="all" />}
      {tab === "devices" && <LevelDevices site={site} level="all" />}
      {tab === "cameras" && <CamerasPanel site={site} />}
      <EditApartment site={site} building={only} opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}
