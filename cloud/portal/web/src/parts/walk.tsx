import { Anchor, Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useWalk, type Walk as WalkData, type WalkDevice, type WalkOf } from "../api/devices";
import { useSite } from "../api/sites";
import { useMay } from "../shell/eyes";
import { t, tn } from "../text/t";
import { receiptSteps, receiptWords, walkWords, type WalkWords } from "../words/receipt";
import { Failed, Panel, SkeletonRows } from "./page";
import { State } from "./state";
import { moment } from "./time";
import { useNow } from "./when";
import css from "./walk.module.css";

interface WalkProps {
  site: string;
  /** What was edited; without anything the site. */
  of?: WalkOf;
}

const few = 5;

/** Where the newest edit of something stands on the devices that have to learn of it, live (BEY-07). */
export function Walk({ site, of = {} }: WalkProps) {
  const may = useMay("devices.read");
  const walk = useWalk(site, of, may);
  const words = useWalkWords(site, walk.data);
  if (!may) return null;
  return (
    <Panel title={t("walk.title")}>
      {!walk.data && (walk.isError ? <Failed error={walk.error} again={() => void walk.refetch()} /> : <SkeletonRows n={2} />)}
      {walk.data && words && (
        <div className={css.walk} data-walk={words.tone} data-version={walk.data.version}>
          <Steps words={words} />
          <Said site={site} words={words} />
          <Open site={site} walk={walk.data} alone={Boolean(of.device)} />
        </div>
      )}
    </Panel>
  );
}

interface WalkLineProps extends WalkProps {
  /** Only once something was saved since the page was opened. */
  fresh?: boolean;
}

/** The same in one line, for beside what was just saved. Says nothing until it is known, nor to who may not read devices. */
export function WalkLine({ site, of = {}, fresh }: WalkLineProps) {
  const may = useMay("devices.read");
  const walk = useWalk(site, of, may);
  const words = useWalkWords(site, walk.data);
  const version = walk.data?.version;
  const [opened, setOpened] = useState(version);
  if (opened === undefined && version !== undefined) setOpened(version);
  if (!words || (fresh && version === opened)) return null;
  return (
    <div className={css.line} role="status" data-walk={words.tone} data-version={version}>
      <Said site={site} words={words} />
    </div>
  );
}

function useWalkWords(site: string, walk: WalkData | undefined): WalkWords | undefined {
  const zone = useSite(site).data?.time_zone;
  const now = useNow();
  return walk && walkWords(walk, (at) => moment(new Date(at), now, zone));
}

/** The four steps, each with how many devices passed it. */
function Steps({ words }: { words: WalkWords }) {
  const all = words.passed[0];
  if (all === 0) return null;
  return (
    <ol className={css.steps}>
      {receiptSteps.map((step, i) => {
        const n = words.passed[i] ?? 0;
        const name = t(step === "applied" ? "walk.step_applied" : `receipt.step_${step}`);
        return (
          <li key={step} className={css.step} data-full={n === all || undefined} data-some={(n > 0 && n < all) || undefined} data-last={i === 3 || undefined}>
            <span className={css.stepName}>{name}</span>
            {all > 1 && <span className={css.stepCount}>{t("dev.directory_of", { n, all })}</span>}
          </li>
        );
      })}
    </ol>
  );
}

function Said({ site, words }: { site: string; words: WalkWords }) {
  const may = useMay("sites.write");
  return (
    <p className={css.said}>
      <State pill tone={words.tone} word={words.short} />
      <span>
        {words.sentences.join(" ")}{" "}
        {words.claim && may && (
          <Anchor component={Link} underline="always" {...({ to: "/sites/$site/agents/claim", params: { site } } as object)}>
            {t("walk.claim")}
          </Anchor>
        )}
      </span>
    </p>
  );
}

const isOpen = (d: WalkDevice) => d.receipt.state !== "manual" && (d.receipt.state !== "applied" || d.receipt.version < d.receipt.wanted_version || (d.receipt.withheld?.length ?? 0) > 0);

/** The devices that are open, by name, with what holds each of them up; of one device alone only what it says. */
function Open({ site, walk, alone }: { site: string; walk: WalkData; alone: boolean }) {
  const [all, setAll] = useState(false);
  const zone = useSite(site).data?.time_zone;
  const now = useNow();
  const open = walk.items.filter(isOpen);
  const shown = all ? open : open.slice(0, few);
  if (open.length === 0) return null;
  if (alone && !walk.agents.some((a) => a.connected)) return null;
  if (alone) return <p className={css.reason}>{receiptWords(open[0]!.receipt).sentence}</p>;
  return (
    <>
      <ul className={css.devices} aria-label={t("walk.devices")}>
        {shown.map((d) => (
          <li key={d.device_id}>
            <Link to="/sites/$site/devices/$device" params={{ site, device: d.device_id }} className={css.name}>
              {d.name}
            </Link>
            <State tone={receiptWords(d.receipt).tone} word={receiptWords(d.receipt).short} title={receiptWords(d.receipt).sentence} />
            <span className="soft">
              {!d.agent_id ? t("walk.no_agent_short") : !d.online && d.since ? t("walk.offline_since", { time: moment(new Date(d.since), now, zone) }) : ""}
            </span>
          </li>
        ))}
      </ul>
      {open.length > few && (
        <div>
          <Button variant="default" size="compact-sm" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? t("act.hide") : `${t("walk.all")} (${open.length})`}
          </Button>
        </div>
      )}
      {all && walk.more > 0 && <span className="soft">{tn("walk.more", walk.more)}</span>}
    </>
  );
}
