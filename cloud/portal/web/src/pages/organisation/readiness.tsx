import { Link, useParams } from "@tanstack/react-router";
import { useReadiness, type Readiness } from "../../api/orgs";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import type { Tone } from "../../words/tone";
import { t } from "../../text/t";
import css from "../orgs/orgs.module.css";

type Line = Readiness["lines"][number];

const tones: Record<Line["state"], Tone> = { done: "ok", open: "warn", none: "off" };

/** What should hold before a site is managed from afar, each line with its next act (ACC-24). */
export default function ReadinessPage() {
  const { site } = useParams({ strict: false }) as { site: string };
  const ready = useReadiness(site);
  return (
    <Page title={t("ready.title")} under={<span>{t("ready.lead")}</span>}>
      <Panel>
        {ready.data ? (
          ready.data.lines.map((line) => <One key={line.kind} line={line} site={site} />)
        ) : ready.isError ? (
          <Failed error={ready.error} again={() => void ready.refetch()} />
        ) : (
          <SkeletonRows />
        )}
      </Panel>
    </Page>
  );
}

function One({ line, site }: { line: Line; site: string }) {
  const act = t(`ready.${line.kind}_act`);
  return (
    <div className={css.gate}>
      <div>
        <strong>{t(`ready.${line.kind}`)}</strong>
        <div className="soft">
          {line.total > 0 && t("ready.count", { n: line.n, total: line.total })}{" "}
          {line.state !== "done" && (
            <Link to={line.kind === "agents" ? "/sites/$site/agents" : "/sites/$site/devices"} params={{ site }}>
              {act}
            </Link>
          )}
        </div>
      </div>
      <State tone={tones[line.state]} word={t(`ready.${line.state}`)} />
    </div>
  );
}
