import { Button } from "@mantine/core";
import { IconCircleCheck, IconKey } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { QRCodeSVG } from "qrcode.react";
import { useEffect } from "react";
import { useAgents, useNewClaim, useOpenClaim, type OpenClaim } from "../../api/agents";
import { asProblem } from "../../api/problem";
import type { Agent } from "../../api/types";
import { Copy } from "../../parts/copy";
import { Notice, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { left } from "../../parts/time";
import { useNow } from "../../parts/when";
import { t } from "../../text/t";
import css from "./agents.module.css";

/** Hands a code to an agent, then turns into that agent. */
export default function Claims() {
  const { site } = useParams({ from: "/inside/sites/$site/agents/claim" });
  const claim = useOpenClaim(site).data;
  const make = useNewClaim(site);
  const agents = useAgents(site, { every: claim ? 4_000 : undefined });
  const asked = Boolean(claim) || make.isPending || make.isError;
  useEffect(() => {
    if (!asked) make.mutate();
  }, [asked, make]);
  const arrived = claim ? agents.data?.find((a) => !claim.known.includes(a.id)) : undefined;
  return (
    <Page
      title={t("claim.title")}
      crumbs={
        <Link to="/sites/$site/agents" params={{ site }}>
          {t("agents.title")}
        </Link>
      }
      under={!arrived && <span>{t("claim.lead")}</span>}
    >
      <div style={{ display: "grid", gap: 16, maxWidth: 860 }}>
        {make.isError && <Notice tone="bad">{asProblem(make.error).message}</Notice>}
        {make.isError && (
          <div>
            <Button onClick={() => make.mutate()}>{t("act.retry")}</Button>
          </div>
        )}
        {!claim && make.isPending && (
          <Panel>
            <SkeletonRows n={4} height={26} />
          </Panel>
        )}
        {claim && !arrived && <Code claim={claim} again={() => make.mutate()} busy={make.isPending} />}
        {claim && <Progress site={site} agent={arrived} again={() => make.mutate()} />}
      </div>
    </Page>
  );
}

function Code({ claim, again, busy }: { claim: OpenClaim; again: () => void; busy: boolean }) {
  const now = useNow();
  const until = new Date(claim.expires_at);
  const over = until <= now;
  if (over) {
    return (
      <Panel>
        <div className={css.codeRow}>
          <State tone="warn" word={t("claim.expired")} />
          <Button loading={busy} onClick={again} leftSection={<IconKey size={18} aria-hidden />}>
            {t("claim.again")}
          </Button>
        </div>
      </Panel>
    );
  }
  return (
    <Panel>
      <div className={css.claim}>
        <div style={{ display: "grid", gap: 22 }}>
          <div className={css.part}>
            <h2>{t("claim.code")}</h2>
            <div className={css.codeRow}>
              <span className={css.code} data-claim-code>
                {claim.code}
              </span>
              <Copy value={claim.code} label={t("claim.code")} />
            </div>
            <p className="soft" style={{ margin: "8px 0 0" }}>
              {t("claim.left", { time: left(until, now) })} · {t("claim.once")}
            </p>
          </div>
          <div className={css.part}>
            <h2>{t("claim.link")}</h2>
            <div className={css.link}>
              <code className="mono" data-claim-link>
                {claim.link}
              </code>
              <Copy value={claim.link} label={t("claim.link")} />
            </div>
          </div>
        </div>
        <div className={css.part}>
          <h2>{t("claim.qr")}</h2>
          <div className={css.qr}>
            <QRCodeSVG value={claim.link} size={188} marginSize={0} title={t("claim.qr")} />
          </div>
        </div>
      </div>
    </Panel>
  );
}

function Progress({ site, agent, again }: { site: string; agent?: Agent; again: () => void }) {
  if (!agent) {
    return (
      <div className={css.wait} role="status" data-claim-state="waiting">
        <span className={css.pulse} aria-hidden />
        <div>
          <strong>{t("claim.waiting")}</strong>
          <span className="soft">{t("claim.waiting_body")}</span>
        </div>
      </div>
    );
  }
  const online = agent.presence.state === "online";
  if (!online) {
    return (
      <div className={css.wait} role="status" data-claim-state="enrolled">
        <span className={css.pulse} aria-hidden />
        <div>
          <strong>{t("claim.enrolled", { name: agent.name })}</strong>
          <span className="soft">{t("claim.enrolled_body")}</span>
        </div>
      </div>
    );
  }
  return (
    <div className={`${css.wait} ${css.done}`} role="status" data-claim-state="online">
      <IconCircleCheck size={28} aria-hidden />
      <div style={{ flex: "1 1 220px" }}>
        <strong>{t("claim.online", { name: agent.name })}</strong>
        <span>{t("claim.online_body")}</span>
      </div>
      <Button component={Link} to={`/sites/${site}/found`}>
        {t("claim.next_found")}
      </Button>
      <Button component={Link} to={`/sites/${site}`} variant="default">
        {t("claim.next_overview")}
      </Button>
      <Button variant="subtle" onClick={again}>
        {t("claim.another")}
      </Button>
    </div>
  );
}
