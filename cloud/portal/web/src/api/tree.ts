import { useQuery } from "@tanstack/react-query";
import { api, got } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

export type Tree = components["schemas"]["Tree"];
export type TreeFloor = components["schemas"]["TreeFloor"];
export type TreeApartment = components["schemas"]["TreeApartment"];

/** What the API calls apartments without a floor. */
export const noFloor = "none";

/** The public area and the buildings of a site: what is below them is asked for when it is opened. */
export function useTree(site: string) {
  return useQuery({
    queryKey: [...keys.of(site, "buildings"), "tree"],
    queryFn: () => got(api.GET("/sites/{site}/tree", { params: { path: { site } } })),
  });
}

/** The floors of a building, the highest first; in a big building their apartments are asked for floor by floor. */
export function useFloors(site: string, building: string, enabled = true) {
  return useQuery({
    queryKey: [...keys.of(site, "apartments"), "floors", building],
    queryFn: () => got(api.GET("/sites/{site}/tree/{building}", { params: { path: { site, building } } })).then((tree) => tree.floors),
    enabled,
  });
}

/** The apartments of one floor. */
export function useFloor(site: string, building: string, floor: string, enabled: boolean) {
  return useQuery({
    queryKey: [...keys.of(site, "apartments"), "floors", building, floor],
    queryFn: () =>
      got(api.GET("/sites/{site}/tree/{building}", { params: { path: { site, building }, query: { floor: floor || noFloor } } })).then(
        (tree) => tree.floors.find((f) => f.floor === floor)?.apartments ?? [],
      ),
    enabled,
  });
}
