import { Anchor, Button } from "@mantine/core";
import { IconCpu, IconExternalLink, IconKey } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useAgents, useRevokeAgent } from "../../api/agents";
import { useGroups } from "../../api/groups";
import { useSite } from "../../api/sites";
import type { Agent } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Empty, Facts, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { date } from "../../parts/time";
import { When } from "../../parts/when";
import { t, has, word } from "../../text/t";
import { sentence } from "../../words/results";
import { agentState, type StateWord } from "../../words/tone";
import css from "./agents.module.css";
import { FilesOptions } from "./files";
import { MeasuredPanel } from "./measured";

/** The agents of a site: whether they are there, what they hold, and the ways in and out. */
export default function Agents() {
  const { site } = useParams({ from: "/inside/sites/$site/agents" });
  const agents = useAgents(site);
  const none = agents.data?.length === 0;
  const zone = useSite(site).data?.time_zone;
  const claim = (
    <Button component={Link} to={`/sites/${site}/agents/claim`} leftSection={<IconKey size={18} aria-hidden />}>
      {t("agents.claim")}
    </Button>
  );
  return (
    <Page title={t("agents.title")} acts={!none && claim}>
      {agents.isPending && (
        <Panel>
          <SkeletonRows n={4} />
        </Panel>
      )}
      {agents.isError && !agents.data && <Failed error={agents.error} again={() => agents.refetch()} />}
      {none && (
        <Panel>
          <Empty icon={<IconCpu size={22} aria-hidden />} title={t("agents.empty")} body={t("agents.empty_body")} act={claim} />
        </Panel>
      )}
      <div className={css.list}>
        {agents.data?.map((a) => (
          <AgentPanel key={a.id} site={site} agent={a} />
        ))}
        {agents.data && !none && <MeasuredPanel site={site} zone={zone} />}
      </div>
    </Page>
  );
}

/** What the agent holds of the site's newest version. */
function holds(a: Agent, wanted: number): StateWord {
  if (a.rejected_version > 0 && a.rejected_version >= a.held_version) return { tone: "bad", word: t("agents.rejected", { version: a.rejected_version }) };
  return { tone: a.held_version >= wanted ? "ok" : "warn", word: t("agents.holds", { held: a.held_version, wanted }) };
}

function AgentPanel({ site, agent }: { site: string; agent: Agent }) {
  const head = useSite(site).data;
  const zone = head?.time_zone;
  const groups = useGroups(site);
  const [asking, setAsking] = useState(false);
  const revoke = useRevokeAgent(site);
  const mine = (groups.data ?? []).filter((g) => g.agents.includes(agent.id)).map((g) => g.name);
  const state = agentState(agent);
  return (
    <Panel>
      <div className={css.agent} data-agent={agent.id} data-presence={agent.presence.state}>
        <div className={css.head}>
          <h2>{agent.name}</h2>
          <State pill {...state} />
          <span className="soft">
            {agent.presence.since && (
              <>
                {t("device.since", { time: "" })}
                <When at={agent.presence.since} zone={zone} />
              </>
            )}
            {agent.presence.reason && ` · ${presenceReason(agent.presence.reason)}`}
          </span>
          <span className={css.spring} />
          <Button variant="default" c="var(--v-red)" onClick={() => setAsking(true)}>
            {t("agents.revoke")}
          </Button>
        </div>
        <Facts
          rows={[
            [t("agents.version"), head && <State {...holds(agent, head.version)} />],
            [t("agents.groups"), mine.join(", ") || t("agents.no_group")],
            [t("agents.program"), agent.version && <span className="mono">{agent.version}</span>],
            [
              t("agents.lan"),
              agent.lan_url && (
                <Anchor href={agent.lan_url} target="_blank" rel="noreferrer noopener" size="sm">
                  {agent.lan_url} <IconExternalLink size={14} aria-hidden style={{ verticalAlign: -2 }} />
                </Anchor>
              ),
            ],
            [t("agents.certificate"), agent.certificate?.expires_at && date(new Date(agent.certificate.expires_at), zone)],
            [t("agents.fingerprint"), agent.certificate?.fingerprint && <span className="mono">{agent.certificate.fingerprint}</span>],
          ]}
        />
        {agent.files_url && <FilesOptions url={agent.files_url} />}
      </div>
      <Confirm
        opened={asking}
        title={t("agents.revoke_title", { name: agent.name })}
        body={t("agents.revoke_ask")}
        act={t("agents.revoke_act")}
        onClose={() => setAsking(false)}
        onConfirm={() => revoke.mutateAsync({ id: agent.id })}
      />
    </Panel>
  );
}

function presenceReason(reason: string): string {
  const key = `presence_reason.${reason}`;
  return has(key) ? t(key) : sentence(word("reason", reason));
}
