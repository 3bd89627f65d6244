import { Anchor, Button } from "@mantine/core";
import { IconBuildingCommunity, IconCircleCheck, IconKey } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useAgents, useCandidates } from "../../api/agents";
import { useApartments } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import { useDevices } from "../../api/devices";
import { useSite } from "../../api/sites";
import { LogRows } from "../log/rows";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { Dot, State } from "../../parts/state";
import { useMay } from "../../shell/eyes";
import { ago } from "../../parts/time";
import { useNow } from "../../parts/when";
import { t, tn } from "../../text/t";
import { hands, type Hand } from "../../words/hand";
import { receiptsSummary } from "../../words/receipt";
import { Door, House, Legend } from "./house";
import houseCSS from "./house.module.css";
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
              {tn("count.apartments", head.data.counts.apartments)} · {tn("count.devices", head.data.counts.devices)} ·{" "}
              {tn("count.people", head.data.counts.people)}
            </span>
            <span>{head.data.time_zone}</span>
            <Anchor renderRoot={(props) => <Link {...props} to="/sites/$site/readiness" params={{ site }} />}>{t("ready.title")}</Anchor>
          </>
        )
      }
    >
      {claimed === false && mayClaim && <ClaimStep site={site} />}
      <div className={css.grid}>
        <Drawing site={site} />
        <div className={css.side}>
          {claimed !== false && (
            <div className={css.first}>
              <HandPanel site={site} zone={head.data?.time_zone} />
            </div>
          )}
          <Latest site={site} zone={head.data?.time_zone} />
        </div>
      </div>
    </Page>
  );
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

function Drawing({ site }: { site: string }) {
  const buildings = useBuildings(site);
  const apartments = useApartments(site);
  const devices = useDevices(site);
  const failed = [buildings, apartments, devices].find((q) => q.isError);
  if (failed) {
    return (
      <Panel title={t("overview.buildings")}>
        <Failed error={failed.error} again={() => failed.refetch()} />
      </Panel>
    );
  }
  const known = buildings.data && apartments.data && devices.data;
  const street = devices.data?.filter((d) => !d.building_id && !d.apartment_id) ?? [];
  return (
    <Panel title={t("overview.buildings")} flush>
      {!known && <SkeletonRows />}
      {known && buildings.data.length === 0 && (
        <Empty
          icon={<IconBuildingCommunity size={22} aria-hidden />}
          title={t("buildings.empty")}
          body={t("buildings.empty_body")}
          act={
            <Button component={Link} to={`/sites/${site}/buildings`} variant="default">
              {t("overview.no_building_act")}
            </Button>
          }
        />
      )}
      {known &&
        buildings.data.map((b) => (
          <div key={b.id} className={houseCSS.next}>
            <House site={site} building={b} apartments={apartments.data} devices={devices.data} />
          </div>
        ))}
      {known && street.length > 0 && (
        <div className={`${houseCSS.street} ${houseCSS.next}`}>
          <h3>{t("overview.site_doors")}</h3>
          <ul>
            {street.map((d) => (
              <li key={d.id}>
                <Door site={site} device={d} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {known && apartments.data.length > 0 && <Legend />}
    </Panel>
  );
}

function HandPanel({ site, zone }: { site: string; zone?: string }) {
  const agents = useAgents(site);
  const devices = useDevices(site);
  const candidates = useCandidates(site);
  const buildings = useBuildings(site);
  const now = useNow();
  const known = agents.data && devices.data && buildings.data && !candidates.isPending;
  if (!known) {
    return (
      <Panel title={t("overview.hand")} flush>
        <SkeletonRows n={3} />
      </Panel>
    );
  }
  const list = hands({
    agents: agents.data,
    devices: devices.data,
    candidates: candidates.data ?? [],
    buildings: buildings.data,
    when: (at) => ago(new Date(at), now, zone),
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
        <HandRow key={h.key} site={site} hand={h} />
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
        <Anchor component={Link} to={`/sites/${site}/log`} size="sm">
          {t("overview.all_log")}
        </Anchor>
      }
    >
      <LogRows site={site} zone={zone} query={{ limit: 8 }} most={8} empty={t("overview.no_log")} compact />
    </Panel>
  );
}
