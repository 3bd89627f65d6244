import { useQuery } from "@tanstack/react-query";
import { api, every, got, most } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type TreeFloor = Schemas["TreeFloor"];
export type ReceiptWalk = Schemas["ReceiptWalk"];

/** The buildings of a site with what they hold. */
export function useDrawnBuildings(site: string, enabled: boolean) {
  return useQuery({
    queryKey: [...keys.of(site, "buildings"), "drawn"], enabled,
    queryFn: () => got(api.GET("/sites/{site}/tree", { params: { path: { site } } })).then((tree) => tree.buildings),
  });
}

/** The floors of a building; of a large one without its apartments. */
export function useDrawnFloors(site: string, building: string) {
  return useQuery({
    queryKey: [...keys.of(site, "apartments"), "drawn", building],
    queryFn: () => got(api.GET("/sites/{site}/tree/{building}", { params: { path: { site, building } } })).then((tree) => tree.floors),
  });
}

interface Where {
  building?: string;
  department?: string;
  company?: string;
  place?: "site" | "building" | "apartment" | "department";
  status?: "online" | "offline";
}

/** The devices at a place of a site. */
export function useDrawnDevices(site: string, where: Where, enabled = true) {
  return useQuery({
    queryKey: [...keys.of(site, "devices"), "drawn", where], enabled,
    queryFn: () => every((cursor) => api.GET("/sites/{site}/devices", { params: { path: { site }, query: { ...where, cursor, limit: most } } })),
  });
}

/** How many apartments have a service that ended. */
export function useExpired(site: string, enabled: boolean) {
  return useQuery({
    queryKey: [...keys.of(site, "apartments"), "expired"], enabled,
    queryFn: () => got(api.GET("/sites/{site}/apartments", { params: { path: { site }, query: { active: "expired", limit: 1 } } })).then((page) => page.total ?? 0),
  });
}

/** The departments of an office or the companies of a commercial site, with how many belong to them. */
export function useDrawnParties(site: string, noun: "departments" | "companies", enabled: boolean) {
  return useQuery({
    queryKey: [...keys.site(site), noun, "drawn"], enabled,
    queryFn: () =>
      noun === "departments"
        ? every((cursor) => api.GET("/sites/{site}/departments", { params: { path: { site }, query: { cursor, limit: most } } }))
        : every((cursor) => api.GET("/sites/{site}/companies", { params: { path: { site }, query: { cursor, limit: most } } })),
  });
}
