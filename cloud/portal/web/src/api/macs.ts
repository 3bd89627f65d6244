import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, got } from "./client";
import { usePaged } from "./paged";
import { fileBody, mostFile } from "./file";
import type { components } from "./schema";

export type LibraryMAC = components["schemas"]["LibraryMAC"];
export type MACOutcomes = components["schemas"]["MACOutcomes"];

const macs = ["macs"] as const;

/** The MAC libraries that one may see, page by page. */
export function useMACs(url: Parameters<typeof usePaged>[1]) {
  return usePaged<LibraryMAC>(macs, url, (query, filters) =>
    got(api.GET("/macs", { params: { query: { ...query, org: filters["org"], bound: filters["bound"] as "yes" | "no" | undefined } } })),
  );
}

interface Entry { org: string; macs: string[]; file?: File }

/** Registers a list, or the table of a file; the answer tells of each MAC. */
export function useRegisterMACs() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ org, macs: list, file }: Entry) =>
      file
        ? got(api.POST("/macs/file", {
            params: { query: { org: org || undefined } }, ...fileBody(file, mostFile, "text/csv"),
          }))
        : got(api.POST("/macs", { body: { macs: list, org_id: org || undefined } })),
    onSettled: () => client.invalidateQueries({ queryKey: macs }),
  });
}

/** Takes MACs out again that were just registered: all of them or none. */
export function useRemoveMACs() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (list: string[]) => got(api.POST("/macs/remove", { body: { macs: list } })),
    onSettled: () => client.invalidateQueries({ queryKey: macs }),
  });
}

/** Takes a MAC that no device has out of its library. */
export function useRemoveMAC() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (mac: string) => got(api.DELETE("/macs/{mac}", { params: { path: { mac } } })),
    onSettled: () => client.invalidateQueries({ queryKey: macs }),
  });
}
