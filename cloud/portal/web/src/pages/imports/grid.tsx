import { Button, Drawer, Stack, TextInput } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { chunk, partQuery, type Import, type ImportRow, type RowState, type SheetForm } from "../../api/imports";
import { Empty, Notice } from "../../parts/page";
import { State } from "../../parts/state";
import { t, word } from "../../text/t";
import { made, rowTone, says, shown, typed, type Typed } from "../../words/imports";
import css from "./imports.module.css";

interface GridProps {
  site: string;
  plan: Import;
  form: SheetForm;
  only?: RowState;
  total: number;
  edits: Typed;
  onEdits: (e: Typed) => void;
  editable: boolean;
  onLeave: (n: number, out: boolean) => void;
}

const rowHeight = 40;

/** The rows of a plan; only those in sight are drawn and read, so that ten thousand scroll like ten. */
export function Grid({ site, plan, form, only, total, edits, onEdits, editable, onLeave }: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 560 });
  const [opened, setOpened] = useState<number>();
  useLayoutEffect(() => {
    box.current?.scrollTo({ top: 0 });
    setView((v) => ({ ...v, top: 0 }));
  }, [only]);
  const { from, to } = shown(view.top, view.height, rowHeight, total);
  const parts = total === 0 ? [] : range(Math.floor(from / chunk), Math.floor(Math.max(from, to - 1) / chunk));
  const read = useQueries({ queries: parts.map((p) => partQuery(site, plan, only, p)) });
  const rowAt = (i: number): ImportRow | undefined => read[parts.indexOf(Math.floor(i / chunk))]?.data?.items[i % chunk];
  const set = (row: ImportRow, at: number, value: string) => onEdits(typed(edits, row.n, form.columns[at]!.key, value, row.cells[at] ?? ""));
  if (total === 0) return <Empty small body={t("imports.grid_empty")} />;
  const current = opened === undefined ? undefined : rowAt(opened);
  return (
    <>
      <div
        ref={box}
        className={css.grid}
        role="table"
        aria-label={t("imports.grid")}
        aria-rowcount={total + 1}
        tabIndex={0}
        onScroll={(e) => setView({ top: e.currentTarget.scrollTop, height: e.currentTarget.clientHeight })}
      >
        <div className={css.row} data-head role="row" aria-rowindex={1}>
          <span role="columnheader" className={css.line}>{t("imports.line")}</span>
          <span role="columnheader" className={css.stateCell}>{t("imports.state")}</span>
          <span role="columnheader" className={css.says}>{t("imports.does")}</span>
          {form.columns.map((c) => (
            <span role="columnheader" key={c.key} className={css.cell} title={c.hint}>{c.title}</span>
          ))}
        </div>
        <div role="rowgroup" className={css.tall} style={{ height: total * rowHeight }}>
          {range(from, to - 1).map((i) => (
            <Row key={i} at={i} row={rowAt(i)} form={form} typed={edits} editable={editable} onSet={set} onOpen={() => setOpened(i)} />
          ))}
        </div>
      </div>
      <Drawer opened={Boolean(current)} onClose={() => setOpened(undefined)} size={480} title={t("imports.edit", { line: current ? lineOf(current) : "" })} closeButtonProps={{ "aria-label": t("act.close") }}>
        {current && <Details row={current} form={form} typed={edits} editable={editable} onSet={set} onLeave={onLeave} onClose={() => setOpened(undefined)} />}
      </Drawer>
    </>
  );
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

const lineOf = (row: ImportRow) => String(row.line || row.n + 1);

interface RowProps {
  at: number;
  row?: ImportRow;
  form: SheetForm;
  typed: Typed;
  editable: boolean;
  onSet: (row: ImportRow, column: number, value: string) => void;
  onOpen: () => void;
}

function Row({ at, row, form, typed: all, editable, onSet, onOpen }: RowProps) {
  const style = { top: at * rowHeight };
  if (!row) return <div className={css.row} role="row" aria-rowindex={at + 2} style={style} aria-busy />;
  return (
    <div className={css.row} role="row" aria-rowindex={at + 2} style={style} data-state={row.state}>
      <span role="cell" className={css.line}>
        <button type="button" onClick={onOpen} aria-label={t("imports.open_row", { line: lineOf(row) })}>{lineOf(row)}</button>
      </span>
      <span role="cell" className={css.stateCell}>
        <State tone={rowTone(row.state)} word={word("imports", `one_${row.state}`)} />
      </span>
      <span role="cell" className={css.says} title={says(row)} data-bad={row.faults.length > 0 || undefined}>{says(row)}</span>
      {form.columns.map((c, i) => {
        const wrong = row.faults.find((f) => f.column === c.key);
        const value = all[row.n]?.[c.key] ?? row.cells[i] ?? "";
        return (
          <span role="cell" key={c.key} className={css.cell} data-bad={wrong ? true : undefined} title={wrong?.message ?? value}>
            {wrong && editable ? (
              <input value={value} aria-label={`${c.title}, ${t("imports.edit", { line: lineOf(row) })}: ${wrong.message}`} aria-invalid spellCheck={false} onChange={(e) => onSet(row, i, e.currentTarget.value)} />
            ) : (
              value
            )}
          </span>
        );
      })}
    </div>
  );
}

interface DetailsProps extends Omit<RowProps, "at" | "onOpen" | "row"> {
  row: ImportRow;
  onLeave: (n: number, out: boolean) => void;
  onClose: () => void;
}

/** One row on its own: every cell with what is wrong or odd, and what it does. */
function Details({ row, form, typed: all, editable, onSet, onLeave, onClose }: DetailsProps) {
  const whole = row.faults.filter((f) => f.column === "");
  const left = row.state === "left_out";
  return (
    <Stack gap="sm">
      <div>
        <State tone={rowTone(row.state)} word={word("imports", `one_${row.state}`)} />
      </div>
      {whole.map((f) => (
        <Notice key={f.message} tone="bad">{f.message}</Notice>
      ))}
      {row.changes.length > 0 && (
        <ul className={css.changes}>
          {row.changes.map((c, i) => (
            <li key={i}>{made(c)}</li>
          ))}
        </ul>
      )}
      {form.columns.map((c, i) => (
        <TextInput
          key={c.key}
          label={c.title}
          required={c.required}
          readOnly={!editable}
          value={all[row.n]?.[c.key] ?? row.cells[i] ?? ""}
          error={row.faults.filter((f) => f.column === c.key).map((f) => f.message).join(" ") || undefined}
          description={row.notes.filter((f) => f.column === c.key).map((f) => f.message).join(" ") || undefined}
          onChange={(e) => onSet(row, i, e.currentTarget.value)}
        />
      ))}
      {editable && (
        <Button
          variant="default"
          onClick={() => {
            onLeave(row.n, !left);
            onClose();
          }}
        >
          {t(left ? "imports.take" : "imports.leave")}
        </Button>
      )}
    </Stack>
  );
}
