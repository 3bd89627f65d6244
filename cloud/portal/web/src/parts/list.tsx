import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { t } from "../text/t";
import { holds } from "../words/paging";
import { Empty, Failed, SkeletonRows } from "./page";
import { Table, tableCSS, type Column } from "./table";

/** A filter of a list: one of a few values, or all. */
export interface Filter<T> {
  /** Its name in the address. */
  key: string;
  label: string;
  options: { value: string; label: string }[];
  fits: (row: T, value: string) => boolean;
}

interface Loading<T> {
  data: T[] | undefined;
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
}

export interface ListProps<T> {
  /** Its name: under it the list remembers its lines per page. */
  name: string;
  /** What useQuery gave, with all rows as data. */
  of: Loading<T>;
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
      {(props.words || filters.length > 0 || props.aside) && (
        <div className={tableCSS.bar}>
          {props.words && (
            <TextInput
              aria-label={props.find ?? t("list.find")}
              placeholder={props.find ?? t("list.find")}
              leftSection={<IconSearch size={16} aria-hidden />}
              value={wanted}
              onChange={(e) => ask("q", e.currentTarget.value)}
            />
          )}
          {filters.map((f) => (
            <NativeSelect
              key={f.key}
              aria-label={f.label}
              value={asked[f.key] ?? ""}
              data={[{ value: "", label: `${f.label}: ${t("list.all")}` }, ...f.options]}
              onChange={(e) => ask(f.key, e.currentTarget.value)}
            />
          ))}
          {props.aside}
        </div>
      )}
      {shown.length === 0 ? (
        <Empty small body={props.none ?? t("list.none")} act={<Button variant="default" onClick={() => ask()}>{t("list.clear")}</Button>} />
      ) : (
        <Table
          rows={shown} columns={props.columns} id={props.id} card={props.card} label={props.label} linked={props.linked} name={props.name}
          perPage={props.perPage} sortedBy={props.sortedBy} downwards={props.downwards}
        />
      )}
    </>
  );
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
