import { Button, Group, UnstyledButton } from "@mantine/core";
import { IconFileSpreadsheet, IconPlus, IconUserCog } from "@tabler/icons-react";
import { useState } from "react";
import { useManagers, type Manager } from "../../api/managers";
import { List } from "../../parts/list";
import { useNew } from "../../parts/new";
import { Empty, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { t } from "../../text/t";
import { someOf } from "../../words/names";
import { EditManager } from "./editmanager";
import { ManagerSheet } from "./sheet";
import css from "./managers.module.css";

const name = (m: Manager) => `${m.first_name} ${m.last_name}`;
const sites = (m: Manager) => m.sites.map((s) => s.name).join(", ");

function Active({ m }: { m: Manager }) {
  return <State tone={m.activated ? "ok" : "warn"} word={m.activated ? t("managers.active") : t("managers.waiting")} />;
}

/** The property managers of the organisation. */
export default function Managers() {
  const managers = useManagers();
  const [editing, setEditing] = useState<Manager>();
  const [asked, ask] = useNew();
  const making = asked === "manager";
  const [sheet, setSheet] = useState(false);
  const add = (
    <Group gap="xs">
      <Button variant="default" leftSection={<IconFileSpreadsheet size={18} aria-hidden />} onClick={() => setSheet(true)}>
        {t("imports.managers")}
      </Button>
      <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => ask("manager")}>
        {t("managers.new")}
      </Button>
    </Group>
  );
  const open = (m: Manager) => (
    <UnstyledButton className={tableCSS.main} onClick={() => setEditing(m)} aria-label={`${t("managers.edit")}: ${name(m)}`}>
      {name(m)}
    </UnstyledButton>
  );
  const columns: Column<Manager>[] = [
    { key: "name", title: t("managers.name"), cell: open, by: name },
    { key: "email", title: t("managers.email"), cell: (m) => <span className={css.long}>{m.email}</span>, by: (m) => m.email },
    { key: "sites", title: t("managers.sites"), cell: (m) => <span title={sites(m)}>{someOf(m.sites.map((s) => s.name))}</span>, by: sites },
    { key: "state", title: t("managers.state"), cell: (m) => <Active m={m} />, by: (m) => Number(m.activated) },
  ];
  return (
    <Page title={t("managers.title")} under={<span>{t("managers.lead")}</span>} acts={managers.data && managers.data.length > 0 && add}>
      <Panel flush>
        <List
          name="managers"
          of={managers}
          columns={columns}
          id={(m) => m.id}
          label={t("managers.title")}
          words={(m) => `${name(m)} ${m.email} ${sites(m)}`}
          find={t("managers.search")}
          perPage={10}
          empty={<Empty icon={<IconUserCog size={22} aria-hidden />} title={t("managers.empty")} body={t("managers.empty_body")} act={add} />}
          card={(m) => (
            <RowCard
              head={
                <>
                  {open(m)} <Active m={m} />
                </>
              }
            >
              <div className={`soft ${css.long}`}>{[m.email, someOf(m.sites.map((s) => s.name))].filter(Boolean).join(" · ")}</div>
            </RowCard>
          )}
        />
      </Panel>
      <ManagerSheet opened={sheet} onClose={() => setSheet(false)} />
      <EditManager
        manager={editing}
        opened={Boolean(editing) || making}
        onClose={() => {
          setEditing(undefined);
          if (making) ask(undefined);
        }}
      />
    </Page>
  );
}
