import { Button } from "@mantine/core";
import { IconBuildingCommunity, IconPlus } from "@tabler/icons-react";
import { Navigate, Outlet, useLocation, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { noFloor, useTree } from "../../api/tree";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { usePhone } from "../../parts/table";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { branch } from "../../words/tree";
import { EditBuilding } from "./editbuilding";
import { Tree } from "./tree";
import { TreeFind, TreeHits } from "./treesearch";
import css from "./buildings.module.css";

/** The tree of a site on the left, what is picked in it on the right; on a phone one after the other. */
export default function Buildings() {
  const { site, building, apartment } = useParams({ strict: false }) as { site: string; building?: string; apartment?: string };
  const tree = useTree(site);
  const here = useHere(building, apartment);
  const phone = usePhone();
  const may = useMay("sites.write");
  const [making, setMaking] = useState(false);
  const [words, setWords] = useState("");
  const add = may && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setMaking(true)}>
      {t("buildings.new")}
    </Button>
  );
  const drawer = <EditBuilding site={site} opened={making} onClose={() => setMaking(false)} />;
  if (tree.isError && !tree.data) return <Failed error={tree.error} again={() => void tree.refetch()} />;
  if (!here && tree.data?.buildings.length === 0) {
    return (
      <Page title={t("buildings.title")}>
        <Panel>
          <Empty icon={<IconBuildingCommunity size={22} aria-hidden />} title={t("buildings.empty")} body={t("buildings.empty_body")} act={add} />
        </Panel>
        {drawer}
      </Page>
    );
  }
  if (!here && !phone) return <Navigate to="/sites/$site/buildings/all" params={{ site }} replace />;
  return (
    <div className={css.split}>
      <nav className={css.tree} aria-label={t("buildings.title")} data-away={here ? true : undefined}>
        <div className={css.treeHead}>
          {here ? <h2>{t("buildings.title")}</h2> : <h1>{t("buildings.title")}</h1>}
          {may && (
            <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setMaking(true)}>
              {t("buildings.new")}
            </Button>
          )}
        </div>
        <TreeFind words={words} onWords={setWords} />
        {!tree.data && <SkeletonRows n={8} />}
        {tree.data && words.trim() !== "" && <TreeHits site={site} of={tree.data} words={words} />}
        {tree.data && words.trim() === "" && <Tree site={site} of={tree.data} building={building} apartment={apartment} here={here} key={site} />}
      </nav>
      <div className={css.pane} data-away={here ? undefined : true}>
        <Outlet />
      </div>
      {drawer}
    </div>
  );
}

/** The name of the tree's item whose page is shown; empty where only the tree is. */
function useHere(building?: string, apartment?: string): string {
  const path = useLocation({ select: (l) => l.pathname });
  const floor = (useSearch({ strict: false }) as { floor?: unknown }).floor;
  if (apartment) return apartment;
  if (building && floor !== undefined) return branch.floor(building, floor === noFloor ? "" : String(floor as string | number));
  if (building) return building;
  if (path.endsWith("/buildings/public")) return branch.public;
  return path.endsWith("/buildings/all") ? branch.site : "";
}
