import { Anchor, Button } from "@mantine/core";
import { IconRadar2 } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useAgents, useCandidates } from "../../api/agents";
import { useSite } from "../../api/sites";
import type { Candidate } from "../../api/types";
import { List } from "../../parts/list";
import { Empty, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t, word } from "../../text/t";
import { colons } from "../../words/events";
import type { Tone } from "../../words/tone";
import { DeviceTabs } from "./parts";

/** How the standings look, in the order of the list: first what waits for a hand. */
const tones: Record<Candidate["standing"], Tone> = { available: "warn", unregistered: "off", elsewhere: "bad", ours: "ok" };
const standings = Object.keys(tones) as Candidate["standing"][];

/** What the agents see on the LAN, and how each device stands to this site (EDGE-04). */
export default function Candidates() {
  const { site } = useParams({ from: "/inside/sites/$site/found" });
  const found = useCandidates(site);
  return (
    <Page title={t("devices.title")}>
      <DeviceTabs site={site} />
      <Panel flush>
        <List
          name="found"
          of={found}
          columns={useColumns(site)}
          id={(c) => c.mac}
          label={t("devices.tab_found")}
          words={(c) => [c.model, c.mac, colons(c.mac), c.address, c.device_name].join(" ")}
          find={t("found.find")}
          filters={[{ key: "standing", label: t("found.standing"), options: standings.map((s) => ({ value: s, label: word("found", s) })), fits: (c, s) => c.standing === s }]}
          sortedBy="standing"
          empty={<NothingYet site={site} />}
          card={(c) => (
            <RowCard head={<strong>{c.model || t("device.unknown")}</strong>}>
              <Standing of={c} />
              <span className="soft mono">{colons(c.mac)}</span>
              <span className="soft mono">{c.address}</span>
              <Act site={site} of={c} />
            </RowCard>
          )}
        />
      </Panel>
    </Page>
  );
}

function useColumns(site: string): Column<Candidate>[] {
  const zone = useSite(site).data?.time_zone;
  return [
    { key: "model", title: t("devices.model"), cell: (c) => <strong>{c.model || t("device.unknown")}</strong>, by: (c) => c.model ?? "" },
    { key: "standing", title: t("found.standing"), cell: (c) => <Standing of={c} />, by: (c) => standings.indexOf(c.standing) },
    { key: "mac", title: t("devices.mac"), cell: (c) => <span className="mono">{colons(c.mac)}</span>, by: (c) => c.mac },
    { key: "address", title: t("device.at"), cell: (c) => <span className="mono">{c.address}</span>, by: (c) => c.address },
    { key: "firmware", title: t("device.firmware"), cell: (c) => <span className="mono">{c.firmware}</span>, by: (c) => c.firmware ?? "" },
    { key: "seen", title: t("found.seen"), cell: (c) => <When at={c.found_at} zone={zone} />, by: (c) => c.found_at },
    { key: "act", title: t("found.device"), cell: (c) => <Act site={site} of={c} /> },
  ];
}

function Standing({ of }: { of: Candidate }) {
  return <State tone={tones[of.standing]} word={word("found", of.standing)} title={word("found", `${of.standing}_why`)} />;
}

/** What can be done with a found device: registered when it is free, looked at when it is ours. */
function Act({ site, of }: { site: string; of: Candidate }) {
  if (of.device_id) {
    return (
      <Anchor component={Link} to={`/sites/${site}/devices/${of.device_id}`}>
        {of.device_name}
      </Anchor>
    );
  }
  if (of.standing === "ours" || of.standing === "elsewhere") return null;
  return (
    <Button component={Link} to={`/sites/${site}/devices/new?mac=${of.mac}`} size="compact-sm" variant="light" aria-label={`${t("found.register")}: ${colons(of.mac)}`}>
      {t("found.register")}
    </Button>
  );
}

function NothingYet({ site }: { site: string }) {
  const alone = useAgents(site).data?.length === 0;
  const claim = (
    <Button component={Link} to={`/sites/${site}/agents/claim`}>
      {t("agents.claim")}
    </Button>
  );
  return (
    <Empty icon={<IconRadar2 size={22} aria-hidden />} title={t("found.empty")} body={alone ? t("found.no_agent") : t("found.empty_body")} act={alone && claim} />
  );
}
