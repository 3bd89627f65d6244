import { Anchor, Button } from "@mantine/core";
import { IconPhoneCall, IconX } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useApartment } from "../../api/apartments";
import { useCallsPaged, type Call } from "../../api/calls";
import { useDevice } from "../../api/devices";
import { asProblem } from "../../api/problem";
import { useSite } from "../../api/sites";
import { isFresh } from "../../live/site";
import { LiveState } from "../../live/state";
import { ServedList, type Choice } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t, word } from "../../text/t";
import { duration } from "../../words/results";
import { causeTone } from "../../words/timeline";
import css from "./calls.module.css";

/** The call history of a site: every ring with why it went as it did (BEY-05). */
export default function Calls() {
  const { site } = useParams({ from: "/inside/sites/$site/calls" });
  const zone = useSite(site).data?.time_zone;
  return (
    <Page
      title={t("calls.title")}
      under={
        <>
          <LiveState />
          {zone && <span>{t("log.zone", { zone })}</span>}
        </>
      }
    >
      <List site={site} zone={zone} />
    </Page>
  );
}

const sorts = ["at", "caller", "cause", "lasts"];

function List({ site, zone }: { site: string; zone?: string }) {
  const url = useListURL({ name: "calls", perPage: 20, sort: { key: "at", down: true }, sorts, filters: ["cause", "period", "device", "apartment"] });
  const calls = useCallsPaged(site, url);
  if (calls.isError && asProblem(calls.error).status === 403) {
    return (
      <Panel flush>
        <Empty small body={t("log.not_yours")} />
      </Panel>
    );
  }
  return (
    <Panel flush>
      <ServedList
        of={calls}
        url={url}
        columns={columns(zone)}
        id={(c) => c.id}
        label={t("calls.title")}
        find={t("calls.find")}
        filters={filters()}
        aside={<Only site={site} of={url.filters} off={(name) => url.filter(name, "")} />}
        none={t("calls.none")}
        empty={<Empty icon={<IconPhoneCall size={22} aria-hidden />} title={t("calls.empty")} body={t("calls.empty_body")} />}
        card={(c) => <CallCard call={c} zone={zone} />}
        linked
      />
    </Panel>
  );
}

/** What stands behind a word of the filter: the causes as the API takes them. */
function filters(): Choice[] {
  const groups = [
    ["technical", "technical"], ["answered,opened", "talked"], ["nobody_home,gave_up,late_answer", "people"], ["declined,busy", "said_no"],
  ] as const;
  return [
    { key: "cause", label: t("calls.filter_cause"), options: groups.map(([value, name]) => ({ value, label: t(`calls.filter_${name}`) })) },
    { key: "period", label: t("calls.filter_period"), options: (["1", "7", "30"] as const).map((d) => ({ value: d, label: t(`calls.period_${d}`) })) },
  ];
}

/** The device or the apartment whose calls alone are shown, and the way back to all. */
function Only({ site, of, off }: { site: string; of: Record<string, string>; off: (name: string) => void }) {
  if (of["device"]) return <OnlyDevice site={site} device={of["device"]} off={() => off("device")} />;
  if (of["apartment"]) return <OnlyHome site={site} apartment={of["apartment"]} off={() => off("apartment")} />;
  return null;
}

function OnlyDevice({ site, device, off }: { site: string; device: string; off: () => void }) {
  return <Chip name={useDevice(site, device).data?.name ?? t("event.some_device")} off={off} />;
}

function OnlyHome({ site, apartment, off }: { site: string; apartment: string; off: () => void }) {
  return <Chip name={useApartment(site, apartment).data?.number ?? ""} off={off} />;
}

function Chip({ name, off }: { name: string; off: () => void }) {
  return (
    <Button variant="light" rightSection={<IconX size={14} aria-hidden />} onClick={off} title={t("calls.only_off")}>
      {t("calls.only", { name })}
    </Button>
  );
}

function columns(zone: string | undefined): Column<Call>[] {
  return [
    { key: "at", title: t("calls.when"), sorts: true, cell: (c) => <Time call={c} zone={zone} /> },
    {
      key: "caller", title: t("calls.who"), sorts: true,
      cell: (c) => (
        <span className={css.cell}>
          <CallLink call={c} />
          <span className="soft">{called(c)}</span>
        </span>
      ),
    },
    {
      key: "cause", title: t("calls.cause"), sorts: true,
      cell: (c) => (
        <span className={css.cell}>
          <Cause call={c} />
          <span className="soft">{about(c)}</span>
        </span>
      ),
    },
    { key: "by", title: t("calls.by"), cell: (c) => c.answered_by_name || <span className="soft">–</span> },
    { key: "lasts", title: t("calls.lasts"), sorts: true, cell: (c) => duration(c.lasts_ms) },
  ];
}

function Time({ call, zone }: { call: Call; zone?: string }) {
  return (
    <span className={isFresh(call.event_id) ? "glow" : undefined}>
      <When at={call.occurred_at} zone={zone} />
    </span>
  );
}

/** The door phone that rang; the way to the record. */
function CallLink({ call }: { call: Call }) {
  return (
    <Anchor
      className={tableCSS.main}
      renderRoot={(props) => <Link {...props} from="/sites/$site" to="/sites/$site/calls/$call" params={{ call: call.id } as never} />}
    >
      {call.device_name || t("event.unknown_caller")}
    </Anchor>
  );
}

function Cause({ call }: { call: Call }) {
  return <State tone={causeTone(call.cause)} word={word("cause", call.cause)} />;
}

const called = (c: Call) => t("calls.called", { home: c.apartment_number || c.dialled || t("call.nothing") });

/** Whom a technical cause is about; people need no name twice. */
const about = (c: Call) => (c.technical && c.blamed_name !== c.device_name ? c.blamed_name : "");

function CallCard({ call: c, zone }: { call: Call; zone?: string }) {
  return (
    <RowCard head={<CallLink call={c} />}>
      <Cause call={c} />
      <span className="soft">{[called(c), about(c), c.answered_by_name].filter(Boolean).join(" · ")}</span>
      <span className="soft">
        <Time call={c} zone={zone} /> · {duration(c.lasts_ms)}
      </span>
    </RowCard>
  );
}
