import { Anchor, Button } from "@mantine/core";
import { IconDeviceLandlinePhone, IconDoor, IconListDetails, IconPhoneOff } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useCall, type CallLeg, type CallRecord } from "../../api/calls";
import { asProblem } from "../../api/problem";
import { useSite } from "../../api/sites";
import { Copy } from "../../parts/copy";
import { Empty, Facts, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { exact } from "../../parts/time";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t, word } from "../../text/t";
import { duration } from "../../words/results";
import { causeTone, causeWords } from "../../words/timeline";
import { CallChart } from "../log/timeline";
import css from "./calls.module.css";

/** The record of one ring: why nobody answered, what to do, and what happened on every leg (BEY-05). */
export default function CallPage() {
  const { site, call } = useParams({ from: "/inside/sites/$site/calls/$call" });
  const record = useCall(site, call);
  const zone = useSite(site).data?.time_zone;
  const crumbs = <Link to="/sites/$site/calls" params={{ site }}>{t("calls.title")}</Link>;
  if (!record.data) {
    return (
      <Page title={t("calls.title")} crumbs={crumbs}>
        <Panel flush>{record.isError ? <Lost error={record.error} again={() => void record.refetch()} /> : <SkeletonRows />}</Panel>
      </Page>
    );
  }
  const r = record.data;
  return (
    <Page
      title={t("call.title", { door: r.device_name || t("event.unknown_caller"), home: r.apartment_number || r.dialled || t("call.nothing") })}
      crumbs={crumbs}
      under={
        <>
          <State tone={causeTone(r.cause)} word={word("cause", r.cause)} />
          <When at={r.occurred_at} zone={zone} />
          <span>{duration(r.lasts_ms)}</span>
        </>
      }
    >
      <div className={css.grid}>
        <div className={css.col}>
          <Why site={site} record={r} />
          <Panel title={t("call.timeline")}>
            <CallChart body={r as unknown as Record<string, unknown>} />
          </Panel>
        </div>
        <div className={css.col}>
          <Legs site={site} record={r} />
          <Panel title={t("call.facts")}>
            <CallFacts record={r} zone={zone} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function Lost({ error, again }: { error: unknown; again: () => void }) {
  const { status } = asProblem(error);
  if (status === 403) return <Empty small body={t("log.not_yours")} />;
  if (status === 404) return <Empty icon={<IconPhoneOff size={22} aria-hidden />} title={t("call.gone")} body={t("call.gone_body")} />;
  return <Failed error={error} again={again} />;
}

/** The question that people ask, its answer, what to do about it, and where. */
function Why({ site, record: r }: { site: string; record: CallRecord }) {
  const { sentence, advice } = causeWords(r as unknown as Record<string, unknown>, r.blamed_name);
  const talked = r.cause === "answered" || r.cause === "opened";
  const devices = useMay("devices.read");
  return (
    <Panel title={t(talked ? "call.happened" : "call.question")}>
      <p className={css.lead}>{sentence}</p>
      {advice && (
        <p className={css.todo}>
          <b>{t("call.todo")}</b>
          {advice}
        </p>
      )}
      <div className={css.ways}>
        {devices && r.blamed_id && (
          <Button component={Link} to={`/sites/${site}/devices/${r.blamed_id}`} variant={r.technical ? "filled" : "default"} leftSection={<IconDeviceLandlinePhone size={18} aria-hidden />}>
            {t("call.to_device", { name: r.blamed_name })}
          </Button>
        )}
        {r.apartment_id && (
          <Button component={Link} to={`/sites/${site}/buildings/apartments/${r.apartment_id}`} variant="default" leftSection={<IconDoor size={18} aria-hidden />}>
            {t("call.to_home", { number: r.apartment_number })}
          </Button>
        )}
        <Button component={Link} to={`/sites/${site}/log?show=calls`} variant="default" leftSection={<IconListDetails size={18} aria-hidden />}>
          {t("calls.log")}
        </Button>
      </div>
    </Panel>
  );
}

function Legs({ site, record: { legs, cause } }: { site: string; record: CallRecord }) {
  const devices = useMay("devices.read");
  const tone = causeTone(cause);
  return (
    <Panel title={t("call.legs")} flush>
      <ul className={css.legs}>
        {legs.map((leg, i) => (
          <li key={i} className={css.leg} data-blamed={(leg.blamed && tone === "bad") || undefined}>
            <div className={css.legHead}>
              {devices && leg.device_id ? (
                <Anchor component={Link} to={`/sites/${site}/devices/${leg.device_id}`} className={css.legName}>
                  {leg.name}
                </Anchor>
              ) : (
                <span className={css.legName}>{leg.name || t("calls.visitor")}</span>
              )}
              <span className="soft">{word("leg", `kind_${leg.kind}`)}</span>
              {leg.blamed && tone !== "ok" && <State tone={tone} word={t("call.blamed")} />}
            </div>
            <Facts rows={factsOf(leg)} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What the network had to do with a leg; what is not known has no line. */
function factsOf(leg: CallLeg): [string, string][] {
  const out: [string, string | undefined][] = [
    [t("leg.way"), [leg.path && word("leg", `path_${leg.path}`), leg.stage && t("leg.stage", { n: leg.stage })].filter(Boolean).join(" · ")],
    [t(leg.code || leg.transport ? "leg.address" : "leg.seen"), [leg.address, leg.transport?.toUpperCase()].filter(Boolean).join(" · ")],
    [t("leg.signed_in"), leg.signed_in && word("leg", `signed_in_${leg.signed_in}`)],
    [t("leg.code"), leg.code ? String(leg.code) : ""],
    [t("leg.group"), leg.other_group ? t(leg.beside ? "leg.group_beside" : "leg.group_other") : ""],
    [t("leg.anew"), leg.anew ? t("leg.anew_yes") : ""],
  ];
  return out.filter((row): row is [string, string] => Boolean(row[1]));
}

function CallFacts({ record: r, zone }: { record: CallRecord; zone?: string }) {
  return (
    <Facts
      rows={[
        [t("call.ended"), exact(new Date(r.occurred_at), zone)],
        [t("call.lasted"), duration(r.lasts_ms)],
        [t("call.dialled"), r.dialled],
        [t("call.end"), word("end", r.end)],
        [t("call.link"), t(r.wan ? "call.link_up" : "call.link_down")],
        ...(r.answered_by_name ? [[t("call.media"), t(r.anchored ? "call.media_anchored" : "call.media_direct")] as [string, string]] : []),
        [
          t("call.id"),
          <span>
            <span className="mono">{r.id}</span> <Copy value={r.id} label={t("call.id")} />
          </span>,
        ],
      ]}
    />
  );
}
