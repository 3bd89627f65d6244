import { Anchor, Button } from "@mantine/core";
import { IconArrowsTransferDown, IconPencil } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useAgents } from "../../api/agents";
import { useGroups } from "../../api/groups";
import { useSite } from "../../api/sites";
import type { NetworkGroup } from "../../api/types";
import { Empty, Failed, Page, Panel, Panels, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { agentState } from "../../words/tone";
import { DeviceList } from "../devices/devices";
import { Missing } from "../missing";
import { GroupDrawer } from "../settings/groups";
import { GroupMeasured } from "./measured";
import { MoveHere } from "./move";
import css from "./networks.module.css";

/** A network group on one page: who acts for it, what was measured of it, and its devices (EDGE-06, BEY-09). */
export default function NetworkPage() {
  const { site, group: id } = useParams({ from: "/inside/sites/$site/networks/$group" });
  const groups = useGroups(site);
  const group = groups.data?.find((g) => g.id === id);
  if (group) return <Shown site={site} group={group} />;
  if (groups.data) return <Missing />;
  return groups.isError ? <Failed error={groups.error} again={() => void groups.refetch()} /> : <SkeletonRows />;
}

function Shown({ site, group }: { site: string; group: NetworkGroup }) {
  const may = useMay("sites.write");
  const moves = useMay("devices.write");
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const [moving, setMoving] = useState(false);
  return (
    <Page
      title={group.name}
      crumbs={may && <Link to="/sites/$site/settings" params={{ site }}>{t("settings.title")}</Link>}
      under={<span>{t("networks.kind")}</span>}
      acts={
        <>
          {moves && (
            <Button variant="default" leftSection={<IconArrowsTransferDown size={18} aria-hidden />} onClick={() => setMoving(true)}>
              {t("networks.move")}
            </Button>
          )}
          {may && (
            <Button variant="default" leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setEditing(true)}>
              {t("act.edit")}
            </Button>
          )}
        </>
      }
    >
      <Panels>
        <AgentsOf site={site} group={group} />
        {may && <GroupMeasured site={site} group={group} />}
        <h2 className={css.part}>{t("nav.devices")}</h2>
        <DeviceList site={site} at={{ group: group.id }} />
      </Panels>
      <GroupDrawer site={site} of={editing ? group : undefined} done={() => setEditing(false)} gone={() => void navigate({ to: "/sites/$site/settings", params: { site } })} />
      <MoveHere site={site} group={group} opened={moving} onClose={() => setMoving(false)} />
    </Page>
  );
}

/** The agents of a group in their order: the first acts, the next stand by. */
function AgentsOf({ site, group }: { site: string; group: NetworkGroup }) {
  const agents = useAgents(site);
  const zone = useSite(site).data?.time_zone;
  return (
    <Panel
      title={t("networks.agents")}
      flush
      acts={
        <Anchor component={Link} to={`/sites/${site}/agents`} size="sm">
          {t("networks.agents_all")}
        </Anchor>
      }
    >
      {!agents.data && (agents.isError ? <Failed error={agents.error} again={() => void agents.refetch()} /> : <SkeletonRows n={2} />)}
      {agents.data && group.agents.length === 0 && <Empty small body={t("settings.group_no_agent")} />}
      {agents.data && group.agents.length > 0 && (
        <ol className={css.rows}>
          {group.agents.map((id, i) => {
            const agent = agents.data.find((a) => a.id === id);
            return (
              <li key={id}>
                <strong>{agent?.name ?? id}</strong>
                <span className="soft">{t(i === 0 ? "networks.acts" : "networks.stands_by")}</span>
                {agent && <State {...agentState(agent)} />}
                {agent?.presence.since && (
                  <span className="soft">
                    {t("device.since", { time: "" })}
                    <When at={agent.presence.since} zone={zone} />
                  </span>
                )}
              </li>
            );
          })}
        </ol>
      )}
    </Panel>
  );
}
