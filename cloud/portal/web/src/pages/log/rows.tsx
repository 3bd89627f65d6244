import { Button } from "@mantine/core";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useEvents, type LogQuery } from "../../api/events";
import { asProblem } from "../../api/problem";
import type { LogRow } from "../../api/types";
import { isFresh } from "../../live/site";
import { Empty, Failed, SkeletonRows } from "../../parts/page";
import { Dot, State } from "../../parts/state";
import { day } from "../../parts/time";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import { eventWords } from "../../words/events";
import css from "./log.module.css";

const EventDrawer = lazy(() => import("./event"));

interface LogRowsProps {
  site: string;
  zone?: string;
  query: LogQuery;
  empty: string;
  /** A narrow column: no kind, time under the text, no days. */
  compact?: boolean;
  /** Shows at most so many rows and no way to older ones. */
  most?: number;
  first?: ReactNode;
}

/** Rows of the log, newest first; new ones glow once, a row opens its drawer. */
export function LogRows({ site, zone, query, empty, compact, most, first }: LogRowsProps) {
  const events = useEvents(site, query);
  const [open, setOpen] = useState<LogRow>();
  if (events.isPending) return <SkeletonRows n={most ? 4 : 8} />;
  // A manager without leave to read the log of this site: nothing failed.
  if (events.isError && asProblem(events.error).status === 403) return <Empty small body={t("log.not_yours")} />;
  if (events.isError && !events.data) return <Failed error={events.error} again={() => events.refetch()} />;
  const all = events.data.pages.flatMap((p) => p.items);
  const rows = most ? all.slice(0, most) : all;
  if (rows.length === 0) return first ?? <Empty small body={empty} />;
  return (
    <>
      <ul className={compact ? `${css.rows} ${css.compact}` : css.rows} aria-live="off">
        {rows.map((row, i) => (
          <DayAndRow key={row.id} row={row} before={rows[i - 1]} zone={zone} compact={compact} onOpen={setOpen} />
        ))}
      </ul>
      {!most && (
        <div className={css.foot}>
          {events.hasNextPage ? (
            <Button variant="default" loading={events.isFetchingNextPage} onClick={() => events.fetchNextPage()}>
              {t("log.older")}
            </Button>
          ) : (
            t("log.end")
          )}
        </div>
      )}
      <Suspense>{open && <EventDrawer row={open} site={site} zone={zone} onClose={() => setOpen(undefined)} />}</Suspense>
    </>
  );
}

interface RowProps {
  row: LogRow;
  before?: LogRow;
  zone?: string;
  compact?: boolean;
  onOpen: (row: LogRow) => void;
}

function DayAndRow({ row, before, zone, compact, onOpen }: RowProps) {
  const today = day(new Date(row.occurred_at), zone);
  const newDay = !compact && (!before || day(new Date(before.occurred_at), zone) !== today);
  return (
    <>
      {newDay && <li className={css.day}>{today}</li>}
      <li className={isFresh(row.id) ? `${css.li} glow` : css.li} data-kind={row.kind} data-event={row.id}>
        <Row row={row} zone={zone} compact={compact} onOpen={onOpen} />
      </li>
    </>
  );
}

function Row({ row, zone, compact, onOpen }: Omit<RowProps, "before">) {
  const words = eventWords(row);
  return (
    <button type="button" className={css.row} onClick={() => onOpen(row)} aria-haspopup="dialog">
      <span className={css.time}>
        <When at={row.occurred_at} zone={zone} time={!compact} />
      </span>
      <span className={css.kind}>
        <State tone={words.tone} word={words.kind} />
      </span>
      <span className={css.text}>
        {compact && <Dot tone={words.tone} />}
        <span>{words.text}</span>
      </span>
      <span className={css.detail}>{words.detail}</span>
    </button>
  );
}
