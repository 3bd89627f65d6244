import { Button } from "@mantine/core";
import { IconBuildingCommunity, IconPlus } from "@tabler/icons-react";
import { Navigate, Outlet, useLocation, useParams } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTree } from "../../api/tree";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { usePhone } from "../../parts/table";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { placeAt, type Place } from "../../words/tree";
import { EditBuilding } from "./editbuilding";
import { Tree } from "./tree";
import { TreeFind, TreeHits } from "./treesearch";
import css from "./buildings.module.css";

/** The tree of a site on the left, what is picked in it on the right; on a phone one after the other. */
export default function Buildings() {
  const { site } = useParams({ from: "/inside/sites/$site/buildings" });
  const tree = useTree(site);
  const { here, building, apartment } = usePlace();
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
  // Which page this is, the tree says: a button that is drawn before would be drawn anew, and lose the focus of who was on it.
  if (!here && !tree.data) return <SkeletonRows n={8} />;
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
  if (!here && !phone && tree.data) return <Navigate to="/sites/$site/buildings/all" params={{ site }} replace />;
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
        <div className={css.branches}>
          {!tree.data && <SkeletonRows n={8} />}
          {tree.data && words.trim() !== "" && <TreeHits site={site} of={tree.data} words={words} />}
          {tree.data && words.trim() === "" && <Tree site={site} of={tree.data} building={building} apartment={apartment} here={here} key={site} />}
        </div>
      </nav>
      <div className={css.pane} data-away={here ? undefined : true}>
        <Outlet />
      </div>
      {drawer}
    </div>
  );
}

/** The address leads: on the way to another page the parameters are those of before. On the way out of the buildings the place stays what it was. */
function usePlace(): Place {
  const path = useLocation({ select: (l) => l.pathname });
  const { floor } = useLocation({ select: (l) => l.search }) as { floor?: unknown };
  const last = useRef<Place>({ here: "" });
  if (/\/buildings(\/|$)/.test(path)) last.current = placeAt(path, floor);
  return last.current;
}
