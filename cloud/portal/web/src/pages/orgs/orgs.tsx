import { Button } from "@mantine/core";
import { IconBuildingStore, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMe } from "../../api/account";
import { useOrgs, type HandedOut } from "../../api/orgs";
import { List } from "../../parts/list";
import { useNew } from "../../parts/new";
import { Empty, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { t } from "../../text/t";
import { NewOrg } from "./neworg";
import { accessWords, Activated } from "./states";
import { gateWords, orgsTitle } from "./words";

/** The organisations that were handed out. */
export default function Orgs() {
  const orgs = useOrgs();
  const { data: me } = useMe();
  const [asked, ask] = useNew();
  const operator = me?.role === "operator";
  const title = orgsTitle(me?.role);
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => ask("org")}>
      {operator ? t("orgs.new") : t("orgs.new_installer")}
    </Button>
  );
  const name = (o: HandedOut) => (
    <Link to="/orgs/$org" params={{ org: o.id }} className={tableCSS.main}>
      {o.name}
    </Link>
  );
  const columns: Column<HandedOut>[] = [
    { key: "name", title: t("orgs.name"), cell: name, by: (o) => o.name },
    ...(operator ? [{ key: "kind", title: t("orgs.kind"), cell: kindOf, by: kindOf }] : []),
    { key: "owner", title: t("orgs.owner"), cell: (o) => <Activated of={o} />, by: (o) => o.account.email || o.account.username },
    { key: "sites", title: t("orgs.sites"), cell: (o) => o.sites, by: (o) => o.sites },
    { key: "gates", title: t("orgs.gates"), cell: (o) => <span className="soft">{gateWords(o.gates)}</span> },
    { key: "access", title: t("orgs.access"), cell: (o) => <State {...accessWords(o)} /> },
  ];
  return (
    <Page title={title} under={<span>{t("orgs.lead")}</span>} acts={orgs.data && orgs.data.length > 0 && add}>
      <Panel flush>
        <List
          name="orgs"
          of={orgs}
          columns={columns}
          id={(o) => o.id}
          label={title}
          words={(o) => `${o.name} ${o.account.name} ${o.account.email} ${o.account.username}`}
          find={t("orgs.find")}
          filters={operator ? [{ key: "kind", label: t("orgs.kind"), options: kinds(), fits: (o, v) => o.kind === v }] : undefined}
          linked
          perPage={10}
          empty={<Empty icon={<IconBuildingStore size={22} aria-hidden />} title={t("orgs.empty")} body={t("orgs.empty_body")} act={add} />}
          card={(o) => (
            <RowCard
              head={
                <>
                  {name(o)}
                  <State {...accessWords(o)} />
                </>
              }
            >
              <Activated of={o} />
              <span className="soft">{gateWords(o.gates)}</span>
            </RowCard>
          )}
        />
      </Panel>
      <NewOrg opened={asked === "org"} operator={operator} distributors={(orgs.data ?? []).filter((o) => o.kind === "distributor")} onClose={() => ask(undefined)} />
    </Page>
  );
}

const kindOf = (o: HandedOut) => t(`orgs.kind_${o.kind}`);
const kinds = () => (["distributor", "installer"] as const).map((k) => ({ value: k, label: t(`orgs.kind_${k}`) }));
