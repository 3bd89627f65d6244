import { Anchor, Button } from "@mantine/core";
import { IconCircleCheck, IconKey } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { registrable, useAgents, useCandidates } from "../../api/agents";
import { useWalk } from "../../api/devices";
import { useExpired } from "../../api/overview";
import { useSite } from "../../api/sites";
import type { Site } from "../../api/types";
import { LogRows } from "../log/rows";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { Dot, State } from "../../parts/state";
import { useMay } from "../../shell/eyes";
import { ago } from "../../parts/time";
import { useNow } from "../../parts/when";
import { t, tn } from "../../text/t";
import { hands, type Hand } from "../../words/hand";
import { receiptsSummary } from "../../words/receipt";
import { zoneLabel } from "../../words/zone";
import { Drawing } from "./drawing";
import css from "./overview.module.css";

export default function Overview() {
  const { site } = useParams({ from: "/inside/sites/$site/" });
  const head = useSite(site);
  const agents = useAgents(site);
  const receipts = head.data && receiptsSummary(head.data.receipts.applied, head.data.receipts.total);
  const mayClaim = useMay("agents.write");
  const claimed = agents.data ? agents.data.length > 0 : undefined;
  return (
    <Page
      title={head.data?.name ?? t("nav.overview")}
      under={
        head.data && (
          <>
            {receipts && head.data.counts.devices > 0 && <State tone={receipts.tone} word={receipts.text} />}
            <span>
              {counted(head.data)}
            </span>
            <span title={head.data.time_zone}>{zoneLabel(head.data.time_zone)}</span>
            <Anchor renderRoot={(props) => <Link {...props} to="/sites/$site/readiness" params={{ site }} />}>{t("ready.title")}</Anchor>
          </>
        )
      }
    >
      {claimed === false && mayClaim && <ClaimStep site={site} />}
      <div className={css.grid}>
        {head.data ? <Drawing site={head.data} /> : <Panel flush><SkeletonRows /></Panel>}
        <div className={css.side}>
          {claimed !== false && (
            <div className={css.first}>
              {head.data && <HandPanel site={head.data} />}
            </div>
          )}
          <Latest site={site} zone={head.data?.time_zone} />
        </div>
      </div>
    </Page>
  );
}

/** What a site holds, in a line; apartments where they are more than one house. */
function counted({ kind, counts }: Site): string {
  const parts = [tn("count.devices", counts.devices), tn("count.people", counts.people)];
  return (kind === "community" ? [tn("count.apartments", counts.apartments), ...parts] : parts).join(" · ");
}

function ClaimStep({ site }: { site: string }) {
  return (
    <section className={css.claim}>
      <div>
        <h2>{t("overview.claim")}</h2>
        <p>{t("overview.claim_body")}</p>
      </div>
      <Button component={Link} to={`/sites/${site}/agents/claim`} size="md" leftSection={<IconKey size={18} aria-hidden />}>
        {t("overview.claim_act")}
      </Button>
    </section>
  );
}

function HandPanel({ site }: { site: Site }) {
  const agents = useAgents(site.id);
  const walk = useWalk(site.id, {});
  const candidates = useCandidates(site.id);
  const expired = useExpired(site.id, site.kind === "community");
  const now = useNow();
  const failed = [agents, walk].find((q) => q.isError && !q.data);
  if (!agents.data || !walk.data || candidates.isPending) {
    return (
      <Panel title={t("overview.hand")} flush>
        {failed ? <Failed error={failed.error} again={() => void failed.refetch()} /> : <SkeletonRows n={3} />}
      </Panel>
    );
  }
  const list = hands({
    site, agents: agents.data, walk: walk.data, found: registrable(candidates.data), expired: expired.data ?? 0,
    when: (at) => ago(new Date(at), now, site.time_zone),
  });
  return (
    <Panel title={t("overview.hand")} flush>
      {list.length === 0 && (
        <div className={css.hand}>
          <IconCircleCheck size={20} color="var(--v-green-dot)" aria-hidden />
          <strong>{t("overview.fine")}</strong>
          <span className={css.more}>{t("overview.fine_body")}</span>
        </div>
      )}
      {list.map((h) => (
        <HandRow key={h.key} site={site.id} hand={h} />
      ))}
    </Panel>
  );
}

function HandRow({ site, hand }: { site: string; hand: Hand }) {
  return (
    <div className={css.hand}>
      <Dot tone={hand.tone} />
      <span>{hand.text}</span>
      <Button component={Link} to={hand.to as "/"} params={{ site } as never} search={hand.search as never} size="compact-sm" variant="default">
        {hand.act}
      </Button>
      {(hand.more || hand.names?.length) && <span className={css.more}>{hand.more ?? hand.names?.join(", ")}</span>}
    </div>
  );
}

function Latest({ site, zone }: { site: string; zone?: string }) {
  return (
    <Panel
      title={t("overview.latest")}
      flush
      acts={
        <span className={css.ways}>
          <Anchor component={Link} to={`/sites/${site}/calls`} size="sm">
            {t("calls.all")}
          </Anchor>
          <Anchor component={Link} to={`/sites/${site}/log`} size="sm">
            {t("overview.all_log")}
          </Anchor>
        </span>
      }
    >
      <LogRows site={site} zone={zone} query={{ limit: 8 }} most={8} empty={t("overview.no_log")} compact />
    </Panel>
  );
}
