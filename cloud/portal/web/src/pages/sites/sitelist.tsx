import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useSitesOf } from "../../api/sites";
import type { Site } from "../../api/types";
import { ServedList } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { State } from "../../parts/state";
import { tableCSS, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t, tn } from "../../text/t";
import { receiptsSummary } from "../../words/receipt";
import type { SiteKind } from "../../words/sitekind";
import type { StateWord } from "../../words/tone";
import css from "./sites.module.css";

/** The sites of one kind. */
export function SiteList({ kind, empty }: { kind: SiteKind; empty: ReactNode }) {
  const url = useListURL({ name: "sites", sort: { key: "name", down: false }, sorts: ["name", "created"] });
  const sites = useSitesOf(kind, url);
  const edits = useMay("sites.write");
  const manages = useMay("managers.read");
  const acts = (s: Site) => <Acts site={s} edits={edits} manages={manages} />;
  const columns: Column<Site>[] = [
    { key: "name", title: t("sites.name"), cell: (s) => <SiteLink site={s} />, sorts: true },
    { key: "agents", title: t("sites.agents"), cell: (s) => <State {...agentsWord(s)} /> },
    { key: "receipts", title: t("sites.receipts"), cell: (s) => <Receipts site={s} /> },
    { key: "devices", title: t("sites.devices"), cell: (s) => s.counts.devices },
    { key: "users", title: t("sites.users"), cell: (s) => s.counts.people },
    ...(manages ? [{ key: "managers", title: t("sites.managers_names"), cell: (s: Site) => managersOf(s) }] : []),
    { key: "created", title: t("sites.single_created"), cell: (s) => <When at={s.created} />, sorts: true },
    ...(edits ? [{ key: "acts", title: "", cell: acts }] : []),
  ];
  return (
    <ServedList
      of={sites} url={url} columns={columns} id={(s) => s.id} label={t(`sitekind.many_${kind}`)} find={t("sites.filter")} none={t("sites.none")} linked
      empty={empty}
      card={(s) => <SiteCard site={s} acts={edits && acts(s)} />}
    />
  );
}

const managersOf = (s: Site) => s.managers.join(", ") || "-";

function SiteLink({ site }: { site: Site }) {
  return (
    <Link to="/sites/$site" params={{ site: site.id }} className={tableCSS.main}>
      {site.name}
    </Link>
  );
}

function Acts({ site, edits, manages }: { site: Site; edits: boolean; manages: boolean }) {
  const to = `/sites/${site.id}/settings`;
  return (
    <span className={css.acts}>
      {edits && (
        <Button component={Link} to={to} variant="subtle" size="compact-sm" aria-label={`${t("sites.edit_act")}: ${site.name}`}>
          {t("sites.edit_act")}
        </Button>
      )}
      {edits && manages && (
        <Button component={Link} to={to} hash="managers" variant="subtle" size="compact-sm" aria-label={`${t("sites.managers_act")}: ${site.name}`}>
          {t("sites.managers_act")}
        </Button>
      )}
    </span>
  );
}

function agentsWord(s: Site): StateWord {
  const total = s.counts.agents;
  if (total === 0) return { tone: "off", word: t("sites.no_agent") };
  const text = t("sites.agents_online", { online: s.agents_online, total });
  if (s.agents_online === total) return { tone: "ok", word: text };
  return { tone: s.agents_online === 0 ? "bad" : "warn", word: text };
}

function Receipts({ site }: { site: Site }) {
  const r = receiptsSummary(site.receipts.applied, site.receipts.total);
  return <State tone={r.tone} word={r.text} />;
}

function SiteCard({ site, acts }: { site: Site; acts: ReactNode }) {
  return (
    <div style={{ display: "grid", gap: 6 }}>
      <SiteLink site={site} />
      <div className={css.counts}>
        <State {...agentsWord(site)} />
        <Receipts site={site} />
      </div>
      <div className={css.counts}>
        <span>{tn("count.devices", site.counts.devices)}</span>
        <span>{tn("count.people", site.counts.people)}</span>
        {site.managers.length > 0 && <span>{managersOf(site)}</span>}
      </div>
      {acts}
    </div>
  );
}
