import { useQuery } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { allOf, useRemoving, useSaving } from "./saving";
import type { Device } from "./types";

export type DeviceDraft = Omit<Device, "id" | "revision" | "type" | "status" | "sip_user"> & { id?: string; revision?: number; type: number; api_password?: string };

export function devicesQuery(site: string) {
  return allOf(site, "devices", (params) => api.GET("/sites/{site}/devices", { params }));
}

export function useDevices(site: string) {
  return useQuery(devicesQuery(site));
}

export function useSaveDevice(site: string) {
  return useSaving<DeviceDraft, Device>(site, "devices", ({ id, revision, ...body }) =>
    id
      ? got(api.PUT("/sites/{site}/devices/{device}", { params: { path: { site, device: id }, header: ifMatch(revision) }, body }))
      : got(api.POST("/sites/{site}/devices", { params: { path: { site } }, body })),
  );
}

export function useRemoveDevice(site: string) {
  return useRemoving(site, "devices", ({ id, revision }) =>
    got(api.DELETE("/sites/{site}/devices/{device}", { params: { path: { site, device: id }, header: ifMatch(revision) } })),
  );
}

/** Shows the issued SIP password; the cloud writes that it was shown. */
export function showSIP(site: string, device: string) {
  return got(api.POST("/sites/{site}/devices/{device}/sip-credentials", { params: { path: { site, device } } }));
}

/** Asks the building to move a relay once. The key makes a repeated send of the same press harmless. */
export function openRelay(site: string, device: string, relay: number, press: string) {
  const params = { path: { site, device, number: String(relay) }, header: { "Idempotency-Key": press } };
  return got(api.POST("/sites/{site}/devices/{device}/relays/{number}/open", { params }));
}
