import { Dot } from "../../parts/state";
import { t } from "../../text/t";
import { duration } from "../../words/results";
import { timeline, type Lane, type Timeline } from "../../words/timeline";
import css from "./timeline.module.css";

/** Why a call went as it did: the reason, what to do, one lane per leg, and every mark in milliseconds. */
export function CallTimeline({ body }: { body: Record<string, unknown> }) {
  const line = timeline(body);
  return (
    <section aria-label={t("timeline.title")}>
      <p className={css.lead}>{line.sentence}</p>
      {line.advice && <p className={css.advice}>{line.advice}</p>}
      <Lanes line={line} />
    </section>
  );
}

/** One lane per leg, and every mark in milliseconds. */
export function CallChart({ body }: { body: Record<string, unknown> }) {
  return <Lanes line={timeline(body)} />;
}

function Lanes({ line }: { line: Timeline }) {
  return line.lanes.length === 0 ? <p className="soft">{t("timeline.no_legs")}</p> : <Chart line={line} />;
}

function Chart({ line }: { line: Timeline }) {
  const marks = line.lanes
    .flatMap((lane) => lane.marks.map((m, i) => ({ key: `${lane.key}-${i}`, lane: lane.name, ...m })))
    .sort((a, b) => a.atMs - b.atMs);
  return (
    <>
      <div className={css.chart} aria-hidden>
        {line.lanes.map((lane) => (
          <LaneRow key={lane.key} lane={lane} ticks={line.ticks} />
        ))}
        <div className={css.axis}>
          {line.ticks.map((tick) => (
            <span key={tick.atMs} style={{ left: `${tick.left}%` }}>
              {duration(tick.atMs)}
            </span>
          ))}
        </div>
        <div className={css.legend}>
          {(["ringing", "talking"] as const).map((kind) => (
            <span key={kind} className={css.key}>
              <i className={css.bar} data-kind={kind} /> {t(`timeline.${kind}`)}
            </span>
          ))}
        </div>
      </div>
      <ol className={css.list}>
        {marks.map((m) => (
          <li key={m.key}>
            <span>{t("time.ms", { n: m.atMs })}</span>
            <span>{m.lane}</span>
            <span>{m.label}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function LaneRow({ lane, ticks }: { lane: Lane; ticks: Timeline["ticks"] }) {
  return (
    <div className={css.lane} data-blamed={lane.blamed || undefined}>
      <div className={css.name}>
        {lane.name}
        {lane.how && <span className={css.how}>{lane.how}</span>}
      </div>
      <div className={css.track}>
        {ticks.map((tick) => (
          <i key={tick.atMs} className={css.grid} style={{ left: `${tick.left}%` }} />
        ))}
        {lane.bars.map((b) => (
          <i key={b.kind} className={css.bar} data-kind={b.kind} style={{ left: `${b.left}%`, width: `${b.width}%` }} />
        ))}
        {lane.marks.map((m, i) => (
          <span key={i} className={css.mark} style={{ left: `${m.left}%` }} title={t("timeline.at", { label: m.label, ms: m.atMs })}>
            <Dot tone={m.tone} />
          </span>
        ))}
      </div>
    </div>
  );
}
