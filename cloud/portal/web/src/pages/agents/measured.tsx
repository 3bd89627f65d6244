import { Button, Checkbox } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { useState } from "react";
import { useFollow, useMeasured, type Difference, type Measured } from "../../api/measured";
import { Confirm } from "../../parts/confirm";
import { Empty, Failed, Notice, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { tell } from "../../parts/tell";
import { exact } from "../../parts/time";
import { t, tn } from "../../text/t";
import { agentsOf, differenceWords, namesOf } from "../../words/measured";
import css from "./measured.module.css";

/** The networks that agents measured, and what of the network groups is described otherwise (BEY-09). */
export function MeasuredPanel({ site, zone }: { site: string; zone?: string }) {
  const measured = useMeasured(site);
  const m = measured.data;
  return (
    <Panel title={t("measured.title")}>
      {measured.isPending && <SkeletonRows n={3} />}
      {measured.isError && !m && <Failed error={measured.error} again={() => measured.refetch()} />}
      {m && m.agents.length === 0 && <Empty small body={t("measured.none")} />}
      {m && m.agents.length > 0 && (
        <div className={css.all} data-measured={m.differences.length}>
          <p className="soft">{t("measured.help")}</p>
          {m.agents
            .filter((a) => !a.live)
            .map((a) => (
              <Notice key={a.id} tone="warn">
                {t("measured.away", { name: a.name, time: exact(new Date(a.at), zone) })}
              </Notice>
            ))}
          <Differences key={m.revision} site={site} of={m} />
          <Networks of={m} />
          <Unheard of={m} />
        </div>
      )}
    </Panel>
  );
}

function Differences({ site, of }: { site: string; of: Measured }) {
  const fixable = of.differences.filter((d) => d.fixable).map((d) => d.id);
  const [chosen, setChosen] = useState(fixable);
  const [asking, setAsking] = useState(false);
  const follow = useFollow(site);
  if (of.differences.length === 0) return <State tone="ok" word={t("measured.right")} />;
  const choose = (id: string, on: boolean) => setChosen(on ? [...chosen, id] : chosen.filter((c) => c !== id));
  return (
    <>
      <State tone="warn" word={tn("measured.to_do", of.differences.length)} />
      <ul className={css.list}>
        {of.differences.map((d) => (
          <li key={d.id} data-difference={d.kind}>
            {d.fixable ? (
              <Checkbox checked={chosen.includes(d.id)} onChange={(e) => choose(d.id, e.currentTarget.checked)} aria-label={`${t("measured.choose")}: ${differenceWords(d, of)}`} />
            ) : (
              <IconEye size={20} role="img" aria-label={t("measured.look")} style={{ flex: "none" }} />
            )}
            <Words of={d} all={of} />
          </li>
        ))}
      </ul>
      {fixable.length > 0 && (
        <div>
          <Button disabled={chosen.length === 0} onClick={() => setAsking(true)}>
            {tn("measured.apply", chosen.length)}
          </Button>
        </div>
      )}
      <Confirm
        opened={asking}
        title={t("measured.ask")}
        body={t("measured.ask_body")}
        act={tn("measured.apply", chosen.length)}
        tone="teal"
        onClose={() => setAsking(false)}
        onConfirm={async () => {
          await follow.mutateAsync({ revision: of.revision, differences: chosen });
          void tell(() => Promise.resolve(), t("measured.applied"));
        }}
      />
    </>
  );
}

function Words({ of, all }: { of: Difference; all: Measured }) {
  return (
    <div className={css.words}>
      <span>{differenceWords(of, all)}</span>
      {of.heard.length > 0 && (
        <span className="soft">
          {of.heard.map((h) => t("measured.evidence", { agent: agentsOf(all, [h.agent_id]), network: h.prefix })).join(" · ")}
        </span>
      )}
    </div>
  );
}

function Networks({ of }: { of: Measured }) {
  return (
    <div className={css.networks}>
      {of.networks.map((n, i) => (
        <section key={i} className={css.network}>
          <h3 className="mono">{n.prefixes.join(", ")}</h3>
          <span>{n.group ? (n.group_id ? n.group : t("measured.new", { name: n.group })) : <span className="soft">{t("measured.nothing")}</span>}</span>
          <span className="soft">
            {t("measured.agents")}: {agentsOf(of, n.agents)}
          </span>
          {n.devices.length > 0 && (
            <span className="soft">
              {tn("measured.devices", n.devices.length)}: {namesOf(n.devices)}
            </span>
          )}
        </section>
      ))}
    </div>
  );
}

function Unheard({ of }: { of: Measured }) {
  if (of.unheard.length === 0) return null;
  return (
    <p className="soft">
      {tn("measured.unheard", of.unheard.length)} {namesOf(of.unheard)}
    </p>
  );
}
