import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import { usePaged } from "./paged";
import type { components } from "./schema";
import type { Seen } from "./types";

export type Camera = components["schemas"]["Camera"];
export type CameraInput = components["schemas"]["CameraInput"];
export type CameraDraft = Required<Omit<CameraInput, "$schema">> & { id?: string; revision?: number };

/** The cameras of a site, page by page. */
export function useCameras(site: string, url: Parameters<typeof usePaged>[1]) {
  return usePaged<Camera>(keys.of(site, "cameras"), url, (query, filters) =>
    got(api.GET("/sites/{site}/cameras", {
      params: { path: { site }, query: { ...query, place: filters["place"], building: filters["building"], apartment: filters["apartment"] } },
    })),
  );
}

/** Adds or changes a camera; without a password the stored one stays. */
export function useSaveCamera(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, revision, password, ...rest }: CameraDraft) => {
      const body = { ...rest, password: password || undefined };
      return id
        ? got(api.PUT("/sites/{site}/cameras/{camera}", { params: { path: { site, camera: id }, header: ifMatch(revision) }, body }))
        : got(api.POST("/sites/{site}/cameras", { params: { path: { site } }, body }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.site(site) }),
  });
}

export function useRemoveCamera(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, revision }: Seen) => got(api.DELETE("/sites/{site}/cameras/{camera}", { params: { path: { site, camera: id }, header: ifMatch(revision) } })),
    onSettled: () => client.invalidateQueries({ queryKey: keys.site(site) }),
  });
}
