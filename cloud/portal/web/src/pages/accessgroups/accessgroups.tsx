import { Button, Drawer } from "@mantine/core";
import { IconClockShield, IconPlus } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useAccessGroups, useDoorDevices, type AccessGroup } from "../../api/accessgroups";
import { ServedList } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty, Page, Panel } from "../../parts/page";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { useMay } from "../../shell/eyes";
import { t, tn } from "../../text/t";
import { doorWords, scheduleWords } from "../../words/accessgroups";
import { someOf } from "../../words/names";
import { EditButton } from "../departments/departments";
import { AccessGroupForm } from "./form";

/** The access groups of a site: which doors keys open beside the own ones, and when (EDGE-26). */
export default function AccessGroups() {
  const { site } = useParams({ strict: false }) as { site: string };
  const url = useListURL({ name: "accessgroups", sort: { key: "name", down: false }, sorts: ["name", "created"] });
  const groups = useAccessGroups(site, url);
  const doors = useDoorNames(site);
  const may = useMay("keys.write");
  const [editing, setEditing] = useState<AccessGroup | "new">();
  const add = may && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing("new")}>
      {t("accessgroups.new")}
    </Button>
  );
  const edit = (g: AccessGroup) => may && <EditButton name={g.name} onClick={() => setEditing(g)} />;
  const columns: Column<AccessGroup>[] = [
    { key: "name", title: t("accessgroups.name"), cell: (g) => <span className={tableCSS.main}>{g.name}</span>, sorts: true },
    { key: "doors", title: t("accessgroups.doors"), cell: doors },
    { key: "times", title: t("accessgroups.times"), cell: (g) => scheduleWords(g.schedule) },
    { key: "people", title: t("accessgroups.people"), cell: (g) => g.people },
    { key: "acts", title: "", cell: edit },
  ];
  return (
    <Page title={t("accessgroups.title")} under={<span>{t("accessgroups.lead")}</span>} acts={groups.data?.total || url.narrowed ? add : undefined}>
      <Panel flush>
        <ServedList
          of={groups} url={url} columns={columns} id={(g) => g.id} label={t("accessgroups.title")} find={t("accessgroups.find")} none={t("accessgroups.none")}
          empty={<Empty icon={<IconClockShield size={22} aria-hidden />} title={t("accessgroups.empty")} body={t("accessgroups.empty_body")} act={add} />}
          card={(g) => (
            <RowCard head={<><span className={tableCSS.main}>{g.name}</span>{edit(g)}</>}>
              <span>{doors(g)}</span>
              <span className="soft">{`${scheduleWords(g.schedule)} · ${tn("count.people", g.people)}`}</span>
            </RowCard>
          )}
        />
      </Panel>
      <Drawer
        opened={Boolean(editing)}
        onClose={() => setEditing(undefined)}
        size={480}
        title={t(editing === "new" ? "accessgroups.new" : "accessgroups.edit")}
        closeButtonProps={{ "aria-label": t("act.close") }}
      >
        {editing && <AccessGroupForm site={site} group={editing === "new" ? undefined : editing} onDone={() => setEditing(undefined)} />}
      </Drawer>
    </Page>
  );
}

/** Names the doors of a group; their number while the devices are on their way, or for those who may not read them. */
function useDoorNames(site: string) {
  const devices = useDoorDevices(site, useMay("devices.read")).data;
  const byID = new Map(devices?.map((d) => [d.id, d]));
  return (g: AccessGroup) => {
    if (g.doors.length === 0) return <span className="soft">{t("accessgroups.doors_none")}</span>;
    if (!devices) return tn("accessgroups.doors_n", g.doors.length);
    return someOf(g.doors.map((d) => (byID.has(d.device_id) ? doorWords(byID.get(d.device_id)!, d.relay) : t("accessgroups.relay", { n: d.relay }))));
  };
}
