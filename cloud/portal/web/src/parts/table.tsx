import { ActionIcon, NativeSelect, NumberInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useEffect, useId, useMemo, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { t, tn } from "../text/t";
import { byName } from "../words/floors";
import { samePlace, type Sort } from "../words/listurl";
import { keepLines, keptLines, lineChoices, paging, type Paging } from "../words/paging";
import css from "./table.module.css";

export interface Column<T> {
  key: string;
  title: string;
  cell: (row: T) => ReactNode;
  /** What the column sorts by; without it the column does not sort. */
  by?: (row: T) => string | number;
  /** Where the server sorts: it does so by this column's key. */
  sorts?: boolean;
}

/** Which page of a list it is, when the server sorts and cuts; rows are then those of that page alone. `useListURL` keeps it in the address. */
export interface Server {
  total: number;
  /** There are more than total: so far they are counted. */
  more?: boolean;
  /** 0 first. */
  page: number;
  lines: number;
  sort: Sort;
  onPage: (page: number) => void;
  onLines: (lines: number) => void;
  onSort: (sort: Sort) => void;
  /** What was asked for is on its way; the rows are those of before. */
  busy?: boolean;
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
  /** For a list too long to be read whole; what is sorted, cut and remembered here otherwise is then the server's. */
  server?: Server;
}

/** Whether the screen is as narrow as a phone. */
export function usePhone(): boolean {
  return useMediaQuery("(max-width: 47.99em)", window.innerWidth < 768, { getInitialValueInEffect: false });
}

/** A table that sorts by its heads and turns into cards on a phone. */
export function Table<T>({ server, ...props }: TableProps<T>) {
  return server ? <Served {...props} server={server} /> : <Whole {...props} />;
}

/** A table of all rows there are, sorted and cut into pages here. */
function Whole<T>({ rows, columns, perPage = 10, sortedBy, downwards = false, label, name = label, ...rest }: Omit<TableProps<T>, "server">) {
  const [sort, setSort] = useState({ key: sortedBy ?? columns[0]?.key ?? "", down: downwards });
  const [asked, setAsked] = useState(0);
  const [lines, setLines] = useState(() => keptLines(name, perPage));
  const sorted = useMemo(() => {
    const by = columns.find((c) => c.key === sort.key)?.by;
    if (!by) return rows;
    const out = [...rows].sort((a, b) => compare(by(a), by(b)));
    return sort.down ? out.reverse() : out;
  }, [rows, columns, sort]);
  const at = paging(sorted.length, lines, asked);
  const setSize = (n: number) => {
    keepLines(name, n);
    setLines(n);
    setAsked(samePlace(at.page, lines, n)); // the rows one looks at stay in sight
  };
  return (
    <>
      <Rows {...rest} label={label} rows={sorted.slice(at.from, at.to)} columns={columns} sorts={(c) => Boolean(c.by)} sort={sort} onSort={setSort} />
      <Foot at={at} lines={lines} total={sorted.length} onPage={setAsked} onLines={setSize} />
    </>
  );
}

/** A table of one page that the server sorted and cut. */
function Served<T>({ server, ...rest }: TableProps<T> & { server: Server }) {
  const { total, page, lines, busy, onPage } = server;
  const at = paging(total, lines, page);
  // Rows were deleted, or the address names a page that never was: what is left ends before it.
  const beyond = !busy && total > 0 && at.page !== page;
  useEffect(() => {
    if (beyond) onPage(at.page);
  }, [beyond, at.page]);
  return (
    <>
      <Rows {...rest} sorts={(c) => Boolean(c.sorts)} sort={server.sort} onSort={server.onSort} busy={busy || beyond} />
      <Foot at={at} lines={lines} total={total} more={server.more} onPage={onPage} onLines={server.onLines} />
    </>
  );
}

interface RowsProps<T> extends Pick<TableProps<T>, "rows" | "columns" | "id" | "card" | "label" | "linked"> {
  sorts: (column: Column<T>) => boolean;
  sort: Sort;
  onSort: (s: Sort) => void;
  busy?: boolean;
}

/** The rows of one page, as a table or as cards. */
function Rows<T>({ rows, columns, id, card, label, linked, sorts, sort, onSort, busy = false }: RowsProps<T>) {
  if (usePhone()) {
    return (
      <ul className={css.cards} aria-label={label} aria-busy={busy}>
        {rows.map((row) => (
          <li key={id(row)} className={css.card}>
            {card(row)}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div className={css.wrap}>
      <table className={css.table} aria-label={label} aria-busy={busy}>
        <thead>
          <tr>
            {columns.map((c) => (
              <Head key={c.key} column={c} sorts={sorts(c)} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={walk}>
          {rows.map((row) => (
            <tr key={id(row)} data-to={linked || undefined} onClick={linked ? follow : undefined}>
              {columns.map((c) => (
                <td key={c.key}>{c.cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
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

interface HeadProps<T> {
  column: Column<T>;
  sorts: boolean;
  sort: Sort;
  onSort: (s: Sort) => void;
}

function Head<T>({ column, sorts, sort, onSort }: HeadProps<T>) {
  if (!sorts) return <th scope="col">{column.title}</th>;
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

interface FootProps { at: Paging; lines: number; total: number; more?: boolean; onPage: (p: number) => void; onLines: (n: number) => void }

/** Total, lines per page, and the way to any page (DASH-04). */
function Foot({ at, lines, total, more, onPage, onLines }: FootProps) {
  const select = useId();
  if (total === 0) return null;
  return (
    <div className={css.foot}>
      <span className={css.total}>{more ? tn("page.more", total) : tn("page.total", total)}</span>
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
            style={{ minWidth: `calc(${String(at.pages).length}ch + 26px)` }}
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
