import { Button } from "@mantine/core";
import { IconRadar2 } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useAgents, useCandidates } from "../../api/agents";
import { useSite } from "../../api/sites";
import type { Candidate } from "../../api/types";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { Table, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import { colons } from "../../words/events";
import { DeviceTabs } from "./parts";

/** Devices that the agent sees on the LAN and this site does not know yet. */
export default function Candidates() {
  const { site } = useParams({ from: "/inside/sites/$site/found" });
  const found = useCandidates(site);
  const agents = useAgents(site);
  const zone = useSite(site).data?.time_zone;
  const register = (c: Candidate) => (
    <Button component={Link} to={`/sites/${site}/devices/new?mac=${c.mac}`} size="compact-sm" variant="light">
      {t("found.register")}
    </Button>
  );
  const columns: Column<Candidate>[] = [
    { key: "model", title: t("devices.model"), cell: (c) => <strong>{c.model || t("device.unknown")}</strong>, by: (c) => c.model ?? "" },
    { key: "mac", title: t("devices.mac"), cell: (c) => <span className="mono">{colons(c.mac)}</span>, by: (c) => c.mac },
    { key: "address", title: t("device.at"), cell: (c) => <span className="mono">{c.address}</span>, by: (c) => c.address },
    { key: "firmware", title: t("device.firmware"), cell: (c) => <span className="mono">{c.firmware}</span>, by: (c) => c.firmware ?? "" },
    { key: "seen", title: t("found.seen"), cell: (c) => <When at={c.found_at} zone={zone} />, by: (c) => c.found_at },
    { key: "act", title: t("found.register"), cell: register },
  ];
  const none = found.data?.length === 0;
  return (
    <Page title={t("devices.title")}>
      <DeviceTabs site={site} />
      <Panel flush>
        {found.isPending && <SkeletonRows />}
        {found.isError && !found.data && <Failed error={found.error} again={() => found.refetch()} />}
        {none && (
          <Empty
            icon={<IconRadar2 size={22} aria-hidden />}
            title={t("found.empty")}
            body={agents.data?.length === 0 ? t("found.no_agent") : t("found.empty_body")}
            act={
              agents.data?.length === 0 && (
                <Button component={Link} to={`/sites/${site}/agents/claim`}>
                  {t("agents.claim")}
                </Button>
              )
            }
          />
        )}
        {found.data && !none && (
          <Table
            rows={found.data}
            columns={columns}
            id={(c) => c.mac}
            label={t("devices.tab_found")}
            card={(c) => (
              <div style={{ display: "grid", gridTemplateColumns: "minmax(0,1fr) auto", gap: 8, alignItems: "center" }}>
                <div>
                  <strong>{c.model || t("device.unknown")}</strong>
                  <div className="soft mono">{colons(c.mac)}</div>
                  <div className="soft mono">{c.address}</div>
                </div>
                {register(c)}
              </div>
            )}
          />
        )}
      </Panel>
    </Page>
  );
}
