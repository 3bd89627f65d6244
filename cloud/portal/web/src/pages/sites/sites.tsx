import { Button, TextInput } from "@mantine/core";
import { IconBuildings, IconPlus, IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useSites } from "../../api/sites";
import type { Site } from "../../api/types";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { Table, tableCSS, type Column } from "../../parts/table";
import { HomeShell } from "../../shell/shell";
import { t, tn } from "../../text/t";
import { receiptsSummary } from "../../words/receipt";
import type { StateWord } from "../../words/tone";
import { NewSite, NewSiteForm } from "./newsite";

export default function Sites() {
  const sites = useSites();
  const [making, setMaking] = useState(false);
  const first = sites.data?.length === 0;
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setMaking(true)}>
      {t("sites.new")}
    </Button>
  );
  return (
    <HomeShell>
      <Page title={t("sites.title")} acts={sites.data && !first && add}>
        <Panel flush>
          {sites.isPending && <SkeletonRows />}
          {sites.isError && <Failed error={sites.error} again={() => sites.refetch()} />}
          {first && <First />}
          {sites.data && !first && <SiteList sites={sites.data} />}
        </Panel>
      </Page>
      <NewSite opened={making} onClose={() => setMaking(false)} />
    </HomeShell>
  );
}

function First() {
  return (
    <Empty
      icon={<IconBuildings size={22} aria-hidden />}
      title={t("sites.empty")}
      body={t("sites.empty_body")}
      act={
        <div style={{ width: "min(360px, 80vw)" }}>
          <NewSiteForm />
        </div>
      }
    />
  );
}

function agentsWord(s: Site): StateWord {
  const total = s.counts.agents;
  if (total === 0) return { tone: "off", word: t("sites.no_agent") };
  const word = t("sites.agents_online", { online: s.agents_online, total });
  if (s.agents_online === total) return { tone: "ok", word };
  return { tone: s.agents_online === 0 ? "bad" : "warn", word };
}

function SiteLink({ site }: { site: Site }) {
  return (
    <Link to="/sites/$site" params={{ site: site.id }} className={tableCSS.main}>
      {site.name}
    </Link>
  );
}

function Receipts({ site }: { site: Site }) {
  const r = receiptsSummary(site.receipts.applied, site.receipts.total);
  return <State tone={r.tone} word={r.text} />;
}

const columns: Column<Site>[] = [
  { key: "name", title: t("sites.name"), cell: (s) => <SiteLink site={s} />, by: (s) => s.name },
  { key: "agents", title: t("sites.agents"), cell: (s) => <State {...agentsWord(s)} />, by: (s) => s.agents_online - s.counts.agents },
  { key: "receipts", title: t("sites.receipts"), cell: (s) => <Receipts site={s} />, by: (s) => s.receipts.applied - s.receipts.total },
  { key: "homes", title: t("sites.homes"), cell: (s) => s.counts.apartments, by: (s) => s.counts.apartments },
  { key: "devices", title: t("sites.devices"), cell: (s) => s.counts.devices, by: (s) => s.counts.devices },
  { key: "zone", title: t("sites.zone"), cell: (s) => <span className="soft">{s.time_zone}</span>, by: (s) => s.time_zone },
];

function SiteList({ sites }: { sites: Site[] }) {
  const [wanted, setWanted] = useState("");
  const shown = sites.filter((s) => s.name.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <>
      <div className={tableCSS.bar}>
        <TextInput
          aria-label={t("sites.filter")}
          placeholder={t("sites.filter")}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={wanted}
          onChange={(e) => setWanted(e.currentTarget.value)}
        />
      </div>
      {shown.length === 0 ? (
        <Empty small body={t("sites.none")} />
      ) : (
        <Table rows={shown} columns={columns} id={(s) => s.id} label={t("sites.title")} card={(s) => <SiteCard site={s} />} linked />
      )}
    </>
  );
}

function SiteCard({ site }: { site: Site }) {
  return (
    <div style={{ display: "grid", gap: 6 }}>
      <SiteLink site={site} />
      <div style={{ display: "flex", gap: "4px 16px", flexWrap: "wrap" }}>
        <State {...agentsWord(site)} />
        <Receipts site={site} />
      </div>
      <div className="soft">
        {tn("count.apartments", site.counts.apartments)} · {tn("count.devices", site.counts.devices)}
      </div>
    </div>
  );
}
