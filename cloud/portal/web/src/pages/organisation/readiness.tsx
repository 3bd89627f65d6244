import { Anchor } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { useSite } from "../../api/sites";
import { useReadiness, type Readiness } from "../../api/orgs";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import type { Tone } from "../../words/tone";
import { t } from "../../text/t";
import css from "../orgs/orgs.module.css";

type Line = Readiness["lines"][number];

/** What can be begun while there is nothing; the other lines speak of devices that are there. */
const first: Line["kind"][] = ["agents", "devices"];

const tones: Record<Line["state"], Tone> = { done: "ok", open: "warn", none: "off" };

/** What should hold before a site is managed from afar, each line with its next act (ACC-24). */
export default function ReadinessPage() {
  const { site } = useParams({ strict: false }) as { site: string };
  const ready = useReadiness(site);
  const head = useSite(site);
  return (
    <Page title={t("ready.title")} crumbs={head.data && <Link to="/sites/$site" params={{ site }}>{head.data.name}</Link>} under={<span>{t("ready.lead")}</span>}>
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
  return (
    <div className={css.ready}>
      <div>
        <strong>{t(`ready.${line.kind}`)}</strong>
        <div className="soft">
          {line.total > 0 && t("ready.count", { n: line.n, total: line.total })}{" "}
          {(line.state === "open" || (line.state === "none" && first.includes(line.kind))) && (
            <Anchor renderRoot={(props) => <Link {...props} to={line.kind === "agents" ? "/sites/$site/agents" : "/sites/$site/devices"} params={{ site }} />}>
              {t(`ready.${line.kind}_act`)}
            </Anchor>
          )}
        </div>
      </div>
      <State tone={tones[line.state]} word={t(`ready.${line.state}`)} />
    </div>
  );
}
