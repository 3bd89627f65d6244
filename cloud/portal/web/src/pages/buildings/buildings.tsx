import { Button } from "@mantine/core";
import { IconBuildingCommunity, IconPlus } from "@tabler/icons-react";
import { Navigate, Outlet, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useApartments } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import { useDevices } from "../../api/devices";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import { usePhone } from "../../parts/table";
import { byName } from "../../words/floors";
import { EditBuilding } from "./editbuilding";
import { Tree } from "./tree";
import css from "./buildings.module.css";

/** The tree of a site on the left, what is picked in it on the right. */
export default function Buildings() {
  const { site, building, apartment } = useParams({ strict: false }) as { site: string; building?: string; apartment?: string };
  const buildings = useBuildings(site);
  const apartments = useApartments(site);
  const devices = useDevices(site);
  const [making, setMaking] = useState(false);
  const picked = building ?? apartment;
  const phone = usePhone();
  const failed = [buildings, apartments].find((q) => q.isError && !q.data);
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setMaking(true)}>
      {t("buildings.new")}
    </Button>
  );
  if (failed) return <Failed error={failed.error} again={() => failed.refetch()} />;
  if (buildings.data?.length === 0) {
    return (
      <Page title={t("buildings.title")}>
        <Panel>
          <Empty icon={<IconBuildingCommunity size={22} aria-hidden />} title={t("buildings.empty")} body={t("buildings.empty_body")} act={add} />
        </Panel>
        <EditBuilding site={site} opened={making} onClose={() => setMaking(false)} />
      </Page>
    );
  }
  const first = [...(buildings.data ?? [])].sort((a, b) => byName(a.name, b.name))[0];
  if (!picked && !phone && first) return <Navigate to="/sites/$site/buildings/$building" params={{ site, building: first.id }} replace />;
  return (
    <div className={css.split}>
      <div className={css.tree} data-away={picked ? true : undefined}>
        <div className={css.treeHead}>
          {picked ? <h2>{t("buildings.title")}</h2> : <h1 style={{ margin: 0, fontSize: 16, fontWeight: 640 }}>{t("buildings.title")}</h1>}
          <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setMaking(true)}>
            {t("buildings.new")}
          </Button>
        </div>
        {buildings.data && apartments.data ? (
          <Tree site={site} buildings={buildings.data} apartments={apartments.data} devices={devices.data ?? []} picked={picked} />
        ) : (
          <SkeletonRows n={8} />
        )}
      </div>
      <div className={css.pane} data-away={picked ? undefined : true}>
        <Outlet />
      </div>
      <EditBuilding site={site} opened={making} onClose={() => setMaking(false)} />
    </div>
  );
}
