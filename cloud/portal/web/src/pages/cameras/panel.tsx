import { Anchor, Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useCameras, type CameraDraft } from "../../api/cameras";
import { Empty, Failed, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { useMay } from "../../shell/eyes";
import { t, word } from "../../text/t";
import { blankCamera, draftOf } from "./cameraform";
import { CameraDrawer } from "./cameras";
import css from "./cameras.module.css";

interface CamerasPanelProps {
  site: string;
  /** The place whose cameras are shown; without them the public area of the site. */
  building?: string;
  apartment?: string;
}

/** The cameras of one place, for the page of a building or an apartment. */
export function CamerasPanel({ site, building = "", apartment = "" }: CamerasPanelProps) {
  const filters: Record<string, string> = apartment ? { apartment } : building ? { building, place: "building" } : { place: "site" };
  const cameras = useCameras(site, { query: { sort: "name", order: "asc", page: 1, limit: 10 }, filters });
  const [editing, setEditing] = useState<CameraDraft>();
  const may = useMay("devices.write");
  const add = may && (
    <Button size="compact-sm" variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setEditing(blankCamera(building, apartment))}>
      {t("cameras.new")}
    </Button>
  );
  return (
    <Panel title={t("cameras.title")} acts={add} flush>
      {!cameras.data && (cameras.isError ? <Failed error={cameras.error} again={() => void cameras.refetch()} /> : <SkeletonRows n={2} />)}
      {cameras.data?.items.length === 0 && <Empty small body={t("cameras.panel_empty")} />}
      <ul className={css.panel}>
        {cameras.data?.items.map((c) => (
          <li key={c.id}>
            {may ? (
              <Button variant="transparent" p={0} h="auto" className={css.name} onClick={() => setEditing(draftOf(c))} aria-label={`${t("cameras.edit")}: ${c.name}`}>
                {c.name}
              </Button>
            ) : (
              <span>{c.name}</span>
            )}
            <State tone={c.watchers === "nobody" ? "off" : "ok"} word={word("cameras", `watchers_${c.watchers}`)} />
          </li>
        ))}
      </ul>
      {(cameras.data?.total ?? 0) > 10 && (
        <div className={css.foot}>
          <Anchor component={Link} to="/sites/$site/cameras" params={{ site } as never}>
            {t("cameras.all")}
          </Anchor>
        </div>
      )}
      <CameraDrawer site={site} single={false} of={editing} done={() => setEditing(undefined)} />
    </Panel>
  );
}
