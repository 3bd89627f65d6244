import { useQuery, type QueryClient } from "@tanstack/react-query";
import { api, every, most } from "./client";
import { keys } from "./keys";
import type { Apartment, Device, Person } from "./types";

/** The apartments of a building alone: a site may have twenty thousand. Without a building those of the site. */
export function homesQuery(site: string, building: string) {
  const query = { limit: most, building: building || undefined };
  return {
    queryKey: [...keys.of(site, "apartments"), "of", building],
    queryFn: () => every<Apartment>((cursor) => api.GET("/sites/{site}/apartments", { params: { path: { site }, query: { ...query, cursor } } })),
  };
}

export function useHomes(site: string, building: string, enabled = building !== "") {
  return useQuery({ ...homesQuery(site, building), enabled });
}

/** The devices of a site that fit filters of the API, such as the monitors of a building. */
export function devicesWhere(site: string, filters: Record<string, string>) {
  return {
    queryKey: [...keys.of(site, "devices"), "where", filters],
    queryFn: () => every<Device>((cursor) => api.GET("/sites/{site}/devices", { params: { path: { site }, query: { cursor, limit: most, ...filters } } })),
  };
}

export function useDevicesWhere(site: string, filters: Record<string, string>, enabled = true) {
  return useQuery({ ...devicesWhere(site, filters), enabled });
}

/** The people of a department, or of the whole site without one. */
export function usePeopleOf(site: string, department: string, enabled: boolean) {
  return useQuery({
    enabled,
    queryKey: [...keys.of(site, "people"), "of", department],
    queryFn: () => every<Person>((cursor) => api.GET("/sites/{site}/people", { params: { path: { site }, query: { cursor, limit: most, department: department || undefined } } })),
  });
}

/** Everything of a building that a contact screen may show. */
export async function contactsOf(client: QueryClient, site: string, building: string) {
  const [homes, monitors] = await Promise.all([
    client.ensureQueryData(homesQuery(site, building)),
    client.ensureQueryData(devicesWhere(site, { building, type: "2" })),
  ]);
  return { apartments: homes.map((h) => h.id), devices: monitors.map((m) => m.id) };
}
