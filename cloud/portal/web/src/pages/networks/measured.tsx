import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMeasured } from "../../api/measured";
import type { NetworkGroup } from "../../api/types";
import { Empty, Facts, Failed, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { t, tn } from "../../text/t";
import { agentsOf, differenceWords, measuredOf, namesOf } from "../../words/measured";
import css from "./networks.module.css";

/** What agents hear of one network group: its networks, who is heard there, and what is described otherwise. */
export function GroupMeasured({ site, group }: { site: string; group: NetworkGroup }) {
  const measured = useMeasured(site);
  const all = measured.data;
  return (
    <Panel
      title={t("measured.title")}
      acts={
        <Anchor component={Link} to={`/sites/${site}/agents`} size="sm">
          {t("networks.measured_all")}
        </Anchor>
      }
    >
      {!all && (measured.isError ? <Failed error={measured.error} again={() => void measured.refetch()} /> : <SkeletonRows n={2} />)}
      {all && all.agents.length === 0 && <Empty small body={t("measured.none")} />}
      {all && all.agents.length > 0 && <Told of={measuredOf(all, group.id)} all={all} />}
    </Panel>
  );
}

function Told({ of, all }: { of: ReturnType<typeof measuredOf>; all: Parameters<typeof measuredOf>[0] }) {
  return (
    <div className={css.told}>
      {of.differences.length === 0 && <State tone="ok" word={t("networks.right")} />}
      {of.differences.length > 0 && (
        <>
          <State tone="warn" word={tn("measured.to_do", of.differences.length)} />
          <ul className={css.words}>
            {of.differences.map((d) => (
              <li key={d.id}>{differenceWords(d, all)}</li>
            ))}
          </ul>
        </>
      )}
      {of.networks.length === 0 && <p className="soft">{t("networks.nothing_heard")}</p>}
      {of.networks.map((n) => (
        <Facts
          key={n.prefixes.join()}
          rows={[
            [t("measured.network"), <span key="n" className="mono">{n.prefixes.join(", ")}</span>],
            [t("measured.agents"), agentsOf(all, n.agents)],
            [t("networks.heard"), n.devices.length > 0 ? `${tn("measured.devices", n.devices.length)}: ${namesOf(n.devices)}` : t("networks.nobody")],
          ]}
        />
      ))}
      {of.unheard.length > 0 && (
        <p className="soft">
          {tn("measured.unheard", of.unheard.length)} {namesOf(of.unheard)}
        </p>
      )}
    </div>
  );
}
