import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { fileBody, mostSheet } from "./file";
import { keys } from "./keys";
import type { components } from "./schema";

export type Import = components["schemas"]["Import"];
export type ImportRow = components["schemas"]["ImportRow"];
export type ImportEdit = components["schemas"]["ImportEdit"];
export type SheetForm = components["schemas"]["SheetForm"];
export type RowState = ImportRow["state"];
export type Act = "apply" | "undo" | "plan" | "cancel";

const all = (site: string) => [...keys.site(site), "imports"] as const;

/** Whether work of an import runs. */
export const runs = (i: Import) => i.phase === "planning" || i.phase === "applying" || i.phase === "undoing";

/** The columns of the sheets of a site. */
export function useSheetForm(site: string, language: "en" | "de") {
  return useQuery({
    queryKey: [...keys.site(site), "sheet", language],
    queryFn: () => got(api.GET("/sites/{site}/sheet", { params: { path: { site }, query: { language } } })),
    staleTime: 60_000,
  });
}

export function useImports(site: string) {
  return useQuery({ queryKey: all(site), queryFn: async () => (await got(api.GET("/sites/{site}/imports", { params: { path: { site } } }))).items ?? [] });
}

/** One import; while its work runs it is looked at twice a second. */
export function useImport(site: string, id: string) {
  return useQuery({
    queryKey: [...all(site), id],
    queryFn: () => got(api.GET("/sites/{site}/imports/{import}", { params: { path: { site, import: id } } })),
    refetchInterval: (q) => (q.state.data && runs(q.state.data) ? 500 : false),
  });
}

/** How many rows are read at once. */
export const chunk = 200;

/** One part of a plan, as it was at a revision. */
export function partQuery(site: string, plan: Import, state: RowState | undefined, part: number) {
  return {
    queryKey: [...all(site), plan.id, "rows", plan.revision, state ?? "", part],
    queryFn: () => got(api.GET("/sites/{site}/imports/{import}/rows", { params: { path: { site, import: plan.id }, query: { state, offset: part * chunk, limit: chunk } } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  };
}

function useChange<T>(site: string, change: (what: T) => Promise<Import>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (now) => client.setQueryData([...all(site), now.id], now),
    onSettled: () => client.invalidateQueries({ queryKey: all(site), exact: true }),
  });
}

/** Uploads a sheet, which plans it. */
export function useUpload(site: string) {
  return useChange(site, (file: File) =>
    got(api.POST("/sites/{site}/imports", {
      params: { path: { site }, query: { name: file.name.slice(0, 200) } }, ...fileBody(file, mostSheet),
    })),
  );
}

/** Plans to set fields of many homes. */
export function useBulk(site: string) {
  return useChange(site, (body: { apartments: string[]; set: Record<string, string> }) => got(api.POST("/sites/{site}/bulk", { params: { path: { site } }, body })));
}

/** Corrects rows, or leaves every row with an error out. */
export function useEditRows(site: string) {
  return useChange(site, ({ plan, rows, errors }: { plan: Import; rows?: ImportEdit[]; errors?: boolean }) =>
    got(api.PUT("/sites/{site}/imports/{import}/rows", {
      params: { path: { site, import: plan.id }, header: ifMatch(plan.revision) }, body: { rows: rows ?? [], all_errors: errors },
    })),
  );
}

/** Applies, undoes, plans anew or cancels. */
export function useAct(site: string) {
  const client = useQueryClient();
  return useChange(site, async ({ plan, act, mail }: { plan: Import; act: Act; mail?: boolean }) => {
    const params = { path: { site, import: plan.id } };
    const out = await {
      apply: () => got(api.POST("/sites/{site}/imports/{import}/apply", { params: { ...params, query: { mail }, header: ifMatch(plan.revision) } })),
      undo: () => got(api.POST("/sites/{site}/imports/{import}/undo", { params: { ...params, query: { mail }, header: ifMatch(plan.revision) } })),
      plan: () => got(api.POST("/sites/{site}/imports/{import}/plan", { params })),
      cancel: () => got(api.POST("/sites/{site}/imports/{import}/cancel", { params })),
    }[act]();
    void client.invalidateQueries({ queryKey: all(site), exact: true });
    return out;
  });
}

/** Where a file of the site is downloaded. */
export const fileURL = (site: string, what: "template" | "export", format: "xlsx" | "csv", language: string) =>
  `/api/v1/sites/${site}/${what}?format=${format}&language=${language}`;
