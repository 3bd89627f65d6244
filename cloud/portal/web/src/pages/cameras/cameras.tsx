import { Button, Drawer } from "@mantine/core";
import { IconCamera, IconPlus } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useCameras, type Camera, type CameraDraft } from "../../api/cameras";
import { useSite } from "../../api/sites";
import { ServedList } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t, word } from "../../text/t";
import css from "./cameras.module.css";
import { blankCamera, CameraForm, draftOf } from "./cameraform";

/** The third-party cameras of a site (TPD-07). */
export default function Cameras() {
  const { site } = useParams({ from: "/inside/sites/$site/cameras" });
  const of = useSite(site);
  const single = of.data?.kind === "single";
  const may = useMay("devices.write");
  const url = useListURL({ name: "cameras", sort: { key: "name", down: false }, sorts: ["name", "created"], filters: single ? [] : ["place"] });
  const cameras = useCameras(site, url);
  const [editing, setEditing] = useState<CameraDraft>();
  const closed = single && !of.data?.form.premium;
  const add = may && !closed && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing(blankCamera())}>
      {t("cameras.new")}
    </Button>
  );
  const name = (c: Camera) =>
    may ? (
      <Button variant="transparent" p={0} h="auto" className={css.name} onClick={() => setEditing(draftOf(c))} aria-label={`${t("cameras.edit")}: ${c.name}`}>
        {c.name}
      </Button>
    ) : (
      <span className={tableCSS.main}>{c.name}</span>
    );
  const columns: Column<Camera>[] = [
    ...(single ? [{ key: "owner", title: t("cameras.owner"), cell: (c: Camera) => c.owner }] : []),
    { key: "name", title: t(single ? "cameras.location" : "cameras.name"), cell: name, sorts: true },
    ...(single ? [] : [{ key: "place", title: t("cameras.place"), cell: (c: Camera) => <span className="soft">{placeOf(c)}</span> }]),
    { key: "link", title: t("cameras.link"), cell: (c) => c.device || <span className="soft">{t("cameras.link_none")}</span> },
    { key: "watchers", title: t("cameras.watchers"), cell: watchersOf },
    { key: "created", title: t("cameras.created"), cell: (c) => <When at={c.created_at} />, sorts: true },
  ];
  const settings = (
    <Button component={Link} {...({ to: "/sites/$site/settings", params: { site } } as object)}>
      {t("nav.settings")}
    </Button>
  );
  const empty = closed ? (
    <Empty icon={<IconCamera size={22} aria-hidden />} title={t("cameras.premium")} body={t("cameras.premium_body")} act={may && settings} />
  ) : (
    <Empty icon={<IconCamera size={22} aria-hidden />} title={t("cameras.empty")} body={t("cameras.empty_body")} act={add} />
  );
  const place = { key: "place", label: t("cameras.place_all"), options: (["site", "building", "apartment"] as const).map((value) => ({ value, label: t(`cameras.place_${value}`) })) };
  return (
    <Page title={t("cameras.title")} under={<span>{t("cameras.lead")}</span>} acts={cameras.data?.total || url.narrowed ? add : undefined}>
      <Panel flush>
        <ServedList
          of={cameras}
          url={url}
          columns={columns}
          id={(c) => c.id}
          label={t("cameras.title")}
          find={t(single ? "cameras.find_location" : "cameras.find")}
          filters={single ? [] : [place]}
          none={t("cameras.none")}
          empty={empty}
          card={(c) => (
            <RowCard head={<>{name(c)}{watchersOf(c)}</>}>
              {!single && <span className="soft">{placeOf(c)}</span>}
              <span>
                {t("cameras.link")}: {c.device || t("cameras.link_none")}
              </span>
            </RowCard>
          )}
        />
      </Panel>
      <CameraDrawer site={site} single={single} of={editing} done={() => setEditing(undefined)} />
    </Page>
  );
}

/** The form of a camera at the side of a page; open while there is something to edit. */
export function CameraDrawer({ site, single, of, done }: { site: string; single: boolean; of: CameraDraft | undefined; done: () => void }) {
  return (
    <Drawer opened={Boolean(of)} onClose={done} size={480} title={t(of?.id ? "cameras.edit" : "cameras.new")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {of && <CameraForm site={site} single={single} start={of} done={done} />}
    </Drawer>
  );
}

const placeOf = (c: Camera) => [c.building, c.apartment].filter(Boolean).join(" · ") || t("cameras.place_site");

const watchersOf = (c: Camera) => <State tone={c.watchers === "nobody" ? "off" : "ok"} word={word("cameras", `watchers_${c.watchers}`)} />;
