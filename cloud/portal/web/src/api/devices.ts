import { useQuery } from "@tanstack/react-query";
import { all, request } from "./client";
import { keys } from "./keys";
import { useRemoving, useSaving } from "./saving";
import type { Device, OpenResult } from "./types";

export type DeviceDraft = Omit<Device, "id" | "status" | "sip_user"> & { id?: string };

export function devicesQuery(site: string) {
  return { queryKey: keys.of(site, "devices"), queryFn: () => all<Device>(`/sites/${site}/devices`) };
}

export function useDevices(site: string) {
  return useQuery(devicesQuery(site));
}

export function useSaveDevice(site: string) {
  return useSaving(site, "devices", ({ id, ...body }: DeviceDraft) =>
    id ? request<Device>("PUT", `/sites/${site}/devices/${id}`, { body }) : request<Device>("POST", `/sites/${site}/devices`, { body }),
  );
}

export function useRemoveDevice(site: string) {
  return useRemoving(site, "devices", (id) => request<void>("DELETE", `/sites/${site}/devices/${id}`));
}

/** Shows the issued SIP password; the cloud writes that it was shown. */
export function showSIP(site: string, device: string) {
  return request<{ sip_user: string; sip_password: string }>("POST", `/sites/${site}/devices/${device}/sip-credentials`);
}

/** Asks the building to move a relay once. The key makes a repeated send of the same press harmless. */
export function openRelay(site: string, device: string, relay: number, press: string) {
  return request<OpenResult>("POST", `/sites/${site}/devices/${device}/relays/${relay}/open`, { headers: { "Idempotency-Key": press } });
}
