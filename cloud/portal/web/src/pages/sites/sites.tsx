import { Button } from "@mantine/core";
import { IconBuildings, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useSites } from "../../api/sites";
import type { Site } from "../../api/types";
import { List, type ListProps } from "../../parts/list";
import { useNew } from "../../parts/new";
import { Empty, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { tableCSS, type Column } from "../../parts/table";
import { hasTwoWorks, useEyes, useMay } from "../../shell/eyes";
import { HomeShell } from "../../shell/shell";
import { inWork, useWork } from "../../shell/work";
import { t, tn, word } from "../../text/t";
import { receiptsSummary } from "../../words/receipt";
import { siteKinds, type SiteKind } from "../../words/sitekind";
import type { StateWord } from "../../words/tone";
import { NewSite, NewSiteForm } from "./newsite";

export default function Sites() {
  const sites = useSites();
  const work = useWork();
  const may = useMay("sites.write");
  const [making, setMaking] = useMaking();
  const eyes = useEyes();
  // The work decides which kinds are shown; who has no such switch sees all of theirs.
  const shown = sites.data?.filter((s) => !hasTwoWorks(eyes) || inWork(work, s.kind));
  const first = shown?.length === 0;
  const add = may && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setMaking(work === "single" ? "single" : "community")}>
      {t("sites.new")}
    </Button>
  );
  return (
    <HomeShell>
      <Page title={t("sites.title")} acts={shown && !first && add}>
        <Panel flush>
          <SiteList sites={{ ...sites, data: shown }} empty={<First kind={work === "single" ? "single" : "community"} may={may} />} />
        </Panel>
      </Page>
      <NewSite kind={making} onClose={() => setMaking(undefined)} />
    </HomeShell>
  );
}

/** The kind of site that is being made: asked for here, or by the address, as quick links do (DASH-01). */
function useMaking(): [SiteKind | undefined, (kind: SiteKind | undefined) => void] {
  const [asked, ask] = useNew();
  return [siteKinds.find((k) => k === asked), ask];
}

function First({ kind, may }: { kind: SiteKind; may: boolean }) {
  const form = (
    <div style={{ width: "min(360px, 80vw)" }}>
      <NewSiteForm kind={kind} />
    </div>
  );
  return (
    <Empty
      icon={<IconBuildings size={22} aria-hidden />}
      title={may ? t("sites.empty") : t("sites.title")}
      body={may ? t("sites.empty_body") : t("sites.none_yet")}
      act={may && form}
    />
  );
}

function agentsWord(s: Site): StateWord {
  const total = s.counts.agents;
  if (total === 0) return { tone: "off", word: t("sites.no_agent") };
  const text = t("sites.agents_online", { online: s.agents_online, total });
  if (s.agents_online === total) return { tone: "ok", word: text };
  return { tone: s.agents_online === 0 ? "bad" : "warn", word: text };
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

const kind = (s: Site) => word("sitekind", s.kind);

const columns = (): Column<Site>[] => [
  { key: "name", title: t("sites.name"), cell: (s) => <SiteLink site={s} />, by: (s) => s.name },
  { key: "kind", title: t("sitekind.label"), cell: kind, by: kind },
  { key: "agents", title: t("sites.agents"), cell: (s) => <State {...agentsWord(s)} />, by: (s) => s.agents_online - s.counts.agents },
  { key: "receipts", title: t("sites.receipts"), cell: (s) => <Receipts site={s} />, by: (s) => s.receipts.applied - s.receipts.total },
  { key: "homes", title: t("sites.homes"), cell: (s) => s.counts.apartments, by: (s) => s.counts.apartments },
  { key: "devices", title: t("sites.devices"), cell: (s) => s.counts.devices, by: (s) => s.counts.devices },
  { key: "zone", title: t("sites.zone"), cell: (s) => <span className="soft">{s.time_zone}</span>, by: (s) => s.time_zone },
];

function SiteList({ sites, empty }: { sites: ListProps<Site>["of"]; empty: ReactNode }) {
  const kinds = siteKinds.filter((k) => sites.data?.some((s) => s.kind === k));
  const byKind = {
    key: "kind", label: t("sitekind.label"), fits: (s: Site, value: string) => s.kind === value,
    options: kinds.map((k) => ({ value: k, label: t(`sitekind.many_${k}`) })),
  };
  return (
    <List
      name="sites" of={sites} columns={columns()} id={(s) => s.id} label={t("sites.title")} card={(s) => <SiteCard site={s} />} linked
      words={(s) => `${s.name} ${kind(s)} ${s.time_zone}`} find={t("sites.filter")} filters={kinds.length > 1 ? [byKind] : []} empty={empty} none={t("sites.none")}
    />
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
        {kind(site)} · {tn("count.apartments", site.counts.apartments)} · {tn("count.devices", site.counts.devices)}
      </div>
    </div>
  );
}
