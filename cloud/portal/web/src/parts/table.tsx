import { ActionIcon } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useMemo, useState, type MouseEvent, type ReactNode } from "react";
import { t } from "../text/t";
import { byName } from "../words/floors";
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
  perPage?: number;
  sortedBy?: string;
}

/** Whether the screen is as narrow as a phone. */
export function usePhone(): boolean {
  return useMediaQuery("(max-width: 47.99em)", window.innerWidth < 768, { getInitialValueInEffect: false });
}

/** A table that sorts by its heads and turns into cards on a phone. */
export function Table<T>({ rows, columns, id, card, label, linked, perPage = 50, sortedBy }: TableProps<T>) {
  const [sort, setSort] = useState({ key: sortedBy ?? columns[0]?.key ?? "", down: false });
  const [asked, setAsked] = useState(0);
  const phone = usePhone();
  const sorted = useMemo(() => {
    const by = columns.find((c) => c.key === sort.key)?.by;
    if (!by) return rows;
    const out = [...rows].sort((a, b) => compare(by(a), by(b)));
    return sort.down ? out.reverse() : out;
  }, [rows, columns, sort]);
  const last = Math.max(0, Math.ceil(sorted.length / perPage) - 1);
  const page = Math.min(asked, last);
  const shown = sorted.slice(page * perPage, (page + 1) * perPage);
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
            <tbody>
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
      {last > 0 && <Foot page={page} last={last} perPage={perPage} total={sorted.length} onPage={setAsked} />}
    </>
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

function Foot({ page, last, perPage, total, onPage }: { page: number; last: number; perPage: number; total: number; onPage: (p: number) => void }) {
  const from = page * perPage + 1;
  return (
    <div className={css.foot}>
      <span>{t("page.of", { from, to: Math.min(total, from + perPage - 1), total })}</span>
      <ActionIcon variant="default" aria-label={t("page.previous")} disabled={page === 0} onClick={() => onPage(page - 1)}>
        <IconChevronLeft size={16} />
      </ActionIcon>
      <ActionIcon variant="default" aria-label={t("page.next")} disabled={page === last} onClick={() => onPage(page + 1)}>
        <IconChevronRight size={16} />
      </ActionIcon>
    </div>
  );
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
