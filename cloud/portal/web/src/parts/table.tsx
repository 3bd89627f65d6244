import { ActionIcon, NativeSelect, NumberInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useId, useMemo, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { t, tn } from "../text/t";
import { byName } from "../words/floors";
import { keepLines, keptLines, lineChoices, paging, type Paging } from "../words/paging";
import css from "./table.module.css";

export interface Column<T> {
  key: string;
  title: string;
  cell: (row: T) => ReactNode;
  /** What the column sorts by; without it the column does not sort. */
  by?: (row: T) => string | number;
}

interface TableProps<T> {
  rows: T[];
  columns: Column<T>[];
  id: (row: T) => string;
  /** The same row as a card, on a narrow screen. */
  card: (row: T) => ReactNode;
  label: string;
  /** Follows the first link of the row when a row is clicked anywhere. */
  linked?: boolean;
  /** Lines per page until the reader chooses another number, which is remembered for this list. */
  perPage?: number;
  sortedBy?: string;
  /** Begins with the greatest, the newest. */
  downwards?: boolean;
  /** The name under which the list remembers its lines per page; the label without it. */
  name?: string;
}

/** Whether the screen is as narrow as a phone. */
export function usePhone(): boolean {
  return useMediaQuery("(max-width: 47.99em)", window.innerWidth < 768, { getInitialValueInEffect: false });
}

/** A table that sorts by its heads and turns into cards on a phone. */
export function Table<T>({ rows, columns, id, card, label, linked, perPage = 10, sortedBy, downwards = false, name = label }: TableProps<T>) {
  const [sort, setSort] = useState({ key: sortedBy ?? columns[0]?.key ?? "", down: downwards });
  const [asked, setAsked] = useState(0);
  const [lines, setLines] = useState(() => keptLines(name, perPage));
  const phone = usePhone();
  const sorted = useMemo(() => {
    const by = columns.find((c) => c.key === sort.key)?.by;
    if (!by) return rows;
    const out = [...rows].sort((a, b) => compare(by(a), by(b)));
    return sort.down ? out.reverse() : out;
  }, [rows, columns, sort]);
  const at = paging(sorted.length, lines, asked);
  const shown = sorted.slice(at.from, at.to);
  const setSize = (n: number) => {
    keepLines(name, n);
    setLines(n);
    setAsked(Math.floor(at.from / n)); // the rows one looks at stay in sight
  };
  return (
    <>
      {phone ? (
        <ul className={css.cards} aria-label={label}>
          {shown.map((row) => (
            <li key={id(row)} className={css.card}>
              {card(row)}
            </li>
          ))}
        </ul>
      ) : (
        <div className={css.wrap}>
          <table className={css.table} aria-label={label}>
            <thead>
              <tr>
                {columns.map((c) => (
                  <Head key={c.key} column={c} sort={sort} onSort={setSort} />
                ))}
              </tr>
            </thead>
            <tbody onKeyDown={walk}>
              {shown.map((row) => (
                <tr key={id(row)} data-to={linked || undefined} onClick={linked ? follow : undefined}>
                  {columns.map((c) => (
                    <td key={c.key}>{c.cell(row)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Foot at={at} lines={lines} total={sorted.length} onPage={setAsked} onLines={setSize} />
    </>
  );
}

/** What a card holds: a name with its state, then lines. */
export function RowCard({ head, children }: { head: ReactNode; children: ReactNode }) {
  return (
    <div className={css.inCard}>
      <div className={css.cardHead}>{head}</div>
      {children}
    </div>
  );
}

interface Sort { key: string; down: boolean }

function Head<T>({ column, sort, onSort }: { column: Column<T>; sort: Sort; onSort: (s: Sort) => void }) {
  if (!column.by) return <th scope="col">{column.title}</th>;
  const on = sort.key === column.key;
  return (
    <th scope="col" aria-sort={on ? (sort.down ? "descending" : "ascending") : undefined}>
      <button type="button" className={css.sort} data-on={on || undefined} onClick={() => onSort({ key: column.key, down: on && !sort.down })}>
        {column.title}
        {on && (sort.down ? <IconArrowDown size={14} aria-hidden /> : <IconArrowUp size={14} aria-hidden />)}
      </button>
    </th>
  );
}

interface FootProps { at: Paging; lines: number; total: number; onPage: (p: number) => void; onLines: (n: number) => void }

/** Total, lines per page, and the way to any page (DASH-04). */
function Foot({ at, lines, total, onPage, onLines }: FootProps) {
  const select = useId();
  if (total === 0) return null;
  return (
    <div className={css.foot}>
      <span className={css.total}>{tn("page.total", total)}</span>
      {total > lineChoices[0] && (
        <span className={css.lines}>
          <label htmlFor={select}>{t("page.lines")}</label>
          <NativeSelect id={select} size="xs" value={lines} data={choices(lines)} onChange={(e) => onLines(Number(e.currentTarget.value))} />
        </span>
      )}
      {at.pages > 1 && (
        <span className={css.pager} role="group" aria-label={t("page.go")}>
          <ActionIcon variant="default" aria-label={t("page.previous")} disabled={at.page === 0} onClick={() => onPage(at.page - 1)}>
            <IconChevronLeft size={16} />
          </ActionIcon>
          <NumberInput
            key={at.page}
            className={css.goto}
            aria-label={t("page.go")}
            size="xs"
            hideControls
            allowDecimal={false}
            min={1}
            max={at.pages}
            clampBehavior="blur"
            defaultValue={at.page + 1}
            onBlur={(e) => go(e.currentTarget.value, at, onPage)}
            onKeyDown={(e) => e.key === "Enter" && go(e.currentTarget.value, at, onPage)}
          />
          <span>{t("page.pages", { pages: at.pages })}</span>
          <ActionIcon variant="default" aria-label={t("page.next")} disabled={at.page === at.pages - 1} onClick={() => onPage(at.page + 1)}>
            <IconChevronRight size={16} />
          </ActionIcon>
        </span>
      )}
    </div>
  );
}

function choices(lines: number): string[] {
  return [...new Set<number>([...lineChoices, lines])].sort((a, b) => a - b).map(String);
}

function go(text: string, at: Paging, onPage: (p: number) => void) {
  const n = Number(text);
  if (Number.isInteger(n) && n >= 1 && n - 1 !== at.page) onPage(Math.min(n, at.pages) - 1);
}

/** The arrows go from row to row, to the first thing that can be followed or pressed there. */
function walk(e: KeyboardEvent<HTMLTableSectionElement>) {
  if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
  const target = e.target as HTMLElement;
  if (target.closest("input, select, textarea")) return;
  const row = target.closest("tr");
  const next = e.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  const first = next?.querySelector<HTMLElement>("a[href], button");
  if (!first) return;
  e.preventDefault();
  first.focus();
}

/** A click beside the link of a row counts as a click on it; marking text and other controls stay themselves. */
function follow(e: MouseEvent<HTMLTableRowElement>) {
  if ((e.target as HTMLElement).closest("a, button, input, label")) return;
  if (window.getSelection()?.toString()) return;
  const link = e.currentTarget.querySelector<HTMLAnchorElement>("a[href]");
  if (!link) return;
  if (e.metaKey || e.ctrlKey) window.open(link.href, "_blank", "noopener");
  else link.click();
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return byName(String(a), String(b));
}

export { css as tableCSS };
