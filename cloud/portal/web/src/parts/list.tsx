import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { t, tn } from "../text/t";
import { holds } from "../words/paging";
import type { ListURL } from "./listurl";
import { Empty, Failed, SkeletonRows } from "./page";
import { Table, tableCSS, type Column } from "./table";

/** A filter above a list: one of a few values, or all. */
export interface Choice {
  /** Its name in the address. */
  key: string;
  label: string;
  options: { value: string; label: string }[];
}

/** A filter of a list that is here as a whole. */
export interface Filter<T> extends Choice {
  fits: (row: T, value: string) => boolean;
}

interface Loading<D> {
  data: D | undefined;
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
}

export interface ListProps<T> {
  /** Its name: under it the list remembers its lines per page. */
  name: string;
  /** What useQuery gave, with all rows as data. */
  of: Loading<T[]>;
  columns: Column<T>[];
  id: (row: T) => string;
  card: (row: T) => ReactNode;
  label: string;
  /** The words of a row that the search looks in; without it there is no search. */
  words?: (row: T) => string;
  /** What the search box asks for, such as "Find a manager". */
  find?: string;
  filters?: Filter<T>[];
  /** Stands beside search and filters. */
  aside?: ReactNode;
  /** What stands here while there is nothing: what the list is for, and the first act. */
  empty: ReactNode;
  none?: string;
  linked?: boolean;
  perPage?: number;
  sortedBy?: string;
  downwards?: boolean;
}

/** A list of a page: search, filters, sort, pages, what it is for while it is empty, and what went wrong (DASH-04). */
export function List<T>(props: ListProps<T>) {
  const { of } = props;
  if (!of.data) return of.isError ? <Failed error={of.error} again={() => void of.refetch()} /> : <SkeletonRows />;
  if (of.data.length === 0) return props.empty;
  return <Rows {...props} rows={of.data} />;
}

function Rows<T>({ rows, ...props }: ListProps<T> & { rows: T[] }) {
  const filters = props.filters ?? [];
  const [asked, ask] = useAsked(["q", ...filters.map((f) => f.key)]);
  const wanted = asked["q"] ?? "";
  const shown = rows.filter((r) => {
    if (props.words && !holds(props.words(r), wanted)) return false;
    return filters.every((f) => !asked[f.key] || f.fits(r, asked[f.key]!));
  });
  return (
    <>
      <Bar
        find={props.words && (props.find ?? t("list.find"))}
        typed={wanted}
        onType={(words) => ask("q", words)}
        filters={filters}
        asked={asked}
        onFilter={ask}
        aside={props.aside}
      />
      {shown.length === 0 ? (
        <Nothing words={props.none} clear={() => ask()} />
      ) : (
        <Table
          rows={shown} columns={props.columns} id={props.id} card={props.card} label={props.label} linked={props.linked} name={props.name}
          perPage={props.perPage} sortedBy={props.sortedBy} downwards={props.downwards}
        />
      )}
    </>
  );
}

interface BarProps {
  /** What the search box asks for; without it there is no search. */
  find?: string;
  typed: string;
  onType: (words: string) => void;
  filters: Choice[];
  asked: Record<string, string>;
  onFilter: (name: string, value: string) => void;
  aside?: ReactNode;
}

/** Search and filters above a list. */
function Bar({ find, typed, onType, filters, asked, onFilter, aside }: BarProps) {
  if (!find && filters.length === 0 && !aside) return null;
  return (
    <div className={tableCSS.bar}>
      {find && (
        <TextInput
          aria-label={find}
          placeholder={find}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={typed}
          onChange={(e) => onType(e.currentTarget.value)}
        />
      )}
      {filters.map((f) => (
        <NativeSelect
          key={f.key}
          aria-label={f.label}
          value={asked[f.key] ?? ""}
          data={[{ value: "", label: `${f.label}: ${t("list.all")}` }, ...f.options]}
          onChange={(e) => onFilter(f.key, e.currentTarget.value)}
        />
      ))}
      {aside}
    </div>
  );
}

interface Part<T> { items: T[]; total?: number; more?: boolean }

export interface ServedListProps<T> extends Pick<ListProps<T>, "columns" | "id" | "card" | "label" | "find" | "aside" | "empty" | "none" | "linked"> {
  /** What usePaged gave. */
  of: Loading<Part<T>> & { isPlaceholderData: boolean };
  /** What useListURL gave. */
  url: ListURL;
  /** Its names are those of useListURL, and of the API's query. */
  filters?: Choice[];
}

/** A list like List that is too long to be read whole: the server searches, sorts and cuts it into pages. */
export function ServedList<T>({ of, url, find, filters = [], aside, ...props }: ServedListProps<T>) {
  const total = of.data?.total ?? 0;
  const settled = of.data !== undefined && !of.isPlaceholderData;
  if (settled && total === 0 && !url.narrowed && !url.typed) return props.empty;
  const looks = url.narrowed || url.typed !== "" || of.data !== undefined;
  return (
    <>
      {looks && <Bar find={find} typed={url.typed} onType={url.type} filters={filters} asked={url.filters} onFilter={url.filter} aside={aside} />}
      <div className="visually-hidden" role="status">
        {settled && url.narrowed ? tn(of.data?.more ? "page.more" : "page.total", total) : ""}
      </div>
      {!of.data && (of.isError ? <Failed error={of.error} again={() => void of.refetch()} /> : <SkeletonRows />)}
      {of.data && total === 0 && <Nothing words={props.none} clear={url.clear} />}
      {of.data && total > 0 && (
        <Table
          rows={of.data.items} columns={props.columns} id={props.id} card={props.card} label={props.label} linked={props.linked}
          server={{ ...url, total, more: of.data.more, busy: of.isPlaceholderData, onPage: url.goTo, onLines: url.setLines, onSort: url.sortBy }}
        />
      )}
    </>
  );
}

function Nothing({ words, clear }: { words?: string; clear: () => void }) {
  return <Empty small body={words ?? t("list.none")} act={<Button variant="default" onClick={clear}>{t("list.clear")}</Button>} />;
}

/** Search and filters, kept in the address so that a list can be shared and come back to. Asking nothing clears all. */
function useAsked(names: string[]): [Record<string, string>, (name?: string, value?: string) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const [asked, setAsked] = useState(() => Object.fromEntries(names.map((n) => [n, search[n] === undefined ? "" : String(search[n])])));
  const key = JSON.stringify(asked);
  useEffect(() => {
    const now = JSON.parse(key) as Record<string, string>;
    if (names.every((n) => now[n] === (search[n] === undefined ? "" : String(search[n])))) return;
    const cleaned = Object.fromEntries(Object.entries(now).map(([n, v]) => [n, v || undefined]));
    void navigate({ to: ".", search: ((old: object) => ({ ...old, ...cleaned })) as never, replace: true });
  }, [key]); // the address follows what is asked, never the other way round
  return [asked, (name, value = "") => setAsked((old) => (name ? { ...old, [name]: value } : {}))];
}
