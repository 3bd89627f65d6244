import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import { usePaged } from "./paged";
import { inForm } from "./problem";
import { allOf, useRemoving } from "./saving";
import type { components } from "./schema";
import type { Device, Relay } from "./types";

type Schemas = components["schemas"];

export type BuiltInRelay = Schemas["BuiltInRelay"];
export type ButtonTarget = Schemas["ButtonTarget"];
export type Capability = Schemas["Capability"];
export type Directory = Schemas["Directory"];
export type ExternalKind = Schemas["ExternalRelayKind"];
export type ExternalRelay = Schemas["ExternalRelay"];
export type SecurityRelay = Schemas["SecurityRelay"];
export type Walk = Schemas["ReceiptWalk"];
export type WalkDevice = Schemas["ReceiptDevice"];

type Place = "group_id" | "building_id" | "apartment_id" | "department_id" | "company_id" | "owner_id";
type Plain = "mac" | "name" | "driver" | "address" | "dtmf_method" | "api_user";

/** A device as its form edits it: what the API keeps under `form` stands beside the rest, so that each field has its own error and its own conflict. */
export interface DeviceDraft extends Pick<Device, Place | Plain> {
  id?: string;
  revision?: number;
  type: number;
  relays: Relay[];
  api_password?: string;
  no_monitoring: boolean;
  no_internet: boolean;
  works_offline: boolean;
  buildings: string[];
  /** Whether buildings are chosen at all; until one is, they serve everybody. */
  chosen_buildings: boolean;
  contact_display: string;
  /** Null: everybody stands on its contact screen. */
  directory: Required<Directory> | null;
  hold_open: boolean;
  arming: boolean;
  security_relay: Required<SecurityRelay> | null;
  built_in: Required<BuiltInRelay>[];
  external: ExternalDraft | null;
  module: string;
  buttons: Required<ButtonTarget>[];
  model: string;
  connection: string;
}

/** A relay board attached to a monitor; without a network it has neither address nor port. */
export interface ExternalDraft {
  type: string;
  mode: string;
  address: string;
  port: number | "";
  channels: { number: number; name: string; function: string }[];
  /** How the building drives it; null: the monitor does. */
  wire: WireDraft | null;
}

export type WireDraft = Required<Schemas["ExternalWire"]>;

/** The line of a board as it begins. */
export const newWire = (profile: string): WireDraft => ({ profile, unit: 1, port: "", baud: 9600, parity: "none", stop_bits: 1 });

/** A device as the form opens it; passwords stay in the cloud. */
export function draftOf(d: Device): DeviceDraft {
  const f = d.form;
  const x = f.external;
  return {
    id: d.id, revision: d.revision, type: d.type, mac: d.mac, name: d.name, group_id: d.group_id, building_id: d.building_id, apartment_id: d.apartment_id,
    department_id: d.department_id, company_id: d.company_id, owner_id: d.owner_id, driver: d.driver, address: d.address, dtmf_method: d.dtmf_method,
    relays: d.relays, api_user: d.api_user, api_password: "", no_monitoring: f.no_monitoring ?? false, no_internet: f.no_internet ?? false,
    works_offline: f.works_offline ?? false, buildings: f.buildings ?? [], chosen_buildings: (f.buildings ?? []).length > 0, contact_display: f.contact_display || "numbers",
    directory: f.directory ? { apartments: f.directory.apartments ?? [], devices: f.directory.devices ?? [] } : null,
    hold_open: f.hold_open ?? false, arming: f.arming ?? false,
    security_relay: f.security_relay ? { name: f.security_relay.name ?? "", dtmf: f.security_relay.dtmf ?? "" } : null,
    built_in: (f.built_in ?? []).map((r) => ({ number: r.number ?? 0, name: r.name ?? "", on: r.on ?? false })),
    external: x ? { type: x.type ?? "", mode: x.mode ?? "", address: x.address ?? "", port: x.port ?? "", channels: channelsOf(x), wire: x.wire ? { ...newWire("modbus-coils"), ...x.wire } : null } : null,
    module: f.module ?? "", buttons: (f.buttons ?? []).map((b) => ({ button: b.button ?? 0, apartment_id: b.apartment_id ?? "" })), model: f.model ?? "", connection: f.connection || "udp",
  };
}

function channelsOf(x: ExternalRelay): ExternalDraft["channels"] {
  return (x.channels ?? []).map((c) => ({ number: c.number ?? 0, name: c.name ?? "", function: c.function ?? "" }));
}

/** What the API takes of a draft; what is off or empty stays away, as every device begins. */
export function bodyOf(draft: DeviceDraft): Schemas["DeviceInput"] {
  const {
    no_monitoring, no_internet, works_offline, buildings, chosen_buildings: _chosen, contact_display, directory, hold_open, arming, security_relay, built_in, external, module, buttons, model, connection,
    id: _id, revision: _revision, api_password, ...rest
  } = draft;
  const form: Schemas["DeviceForm"] = {
    no_monitoring, no_internet, works_offline, hold_open, arming, contact_display, model, module, ...(connection !== "udp" && { connection }),
    ...(buildings.length > 0 && { buildings }),
    ...(directory && { directory }),
    ...(security_relay && { security_relay }),
    ...(built_in.length > 0 && { built_in }),
    ...(external && { external: externalOf(external) }),
    ...(module && buttons.length > 0 && { buttons: buttons.filter((b) => b.apartment_id) }),
  };
  return { ...rest, ...(api_password && { api_password }), form };
}

function externalOf({ wire, ...x }: ExternalDraft): ExternalRelay {
  const own = wire && (x.mode === "ethernet" ? { profile: wire.profile, unit: Number(wire.unit) || 0 } : { ...wire, unit: Number(wire.unit) || 0 });
  return { ...x, port: x.port || 0, ...(own && { wire: own }) };
}

export function devicesQuery(site: string) {
  return allOf(site, "devices", (params) => api.GET("/sites/{site}/devices", { params }));
}

export function useDevices(site: string) {
  return useQuery(devicesQuery(site));
}

const one = (site: string, device: string) => [...keys.of(site, "devices"), "one", device] as const;

const readDevice = (site: string, device: string) => got(api.GET("/sites/{site}/devices/{device}", { params: { path: { site, device } } }));

/** One device, read alone: a site may have thousands. */
export function useDevice(site: string, device: string) {
  return useQuery({ queryKey: one(site, device), queryFn: () => readDevice(site, device) });
}

type Asked = Parameters<typeof usePaged>[1];

/** The devices of a site, page by page. */
export function useDevicesPaged(site: string, url: Asked) {
  return usePaged<Device>(keys.of(site, "devices"), url, (query, filters) => got(api.GET("/sites/{site}/devices", { params: { path: { site }, query: { ...query, ...filters } } })));
}

/** The devices of all single-family homes, page by page (DEV-28). */
export function useHomeDevices(url: Asked) {
  return usePaged<Device>(["homedevices"], url, (query, filters) => got(api.GET("/devices", { params: { query: { ...query, ...filters } } })));
}

/** Adds or changes a device. A conflict holds what is stored now by the names of the draft. */
export function useSaveDevice(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (draft: DeviceDraft) => {
      const { id, revision } = draft;
      const body = bodyOf(draft);
      try {
        if (!id) return await got(api.POST("/sites/{site}/devices", { params: { path: { site } }, body }));
        return await got(api.PUT("/sites/{site}/devices/{device}", { params: { path: { site, device: id }, header: ifMatch(revision) }, body }));
      } catch (err) {
        // What the API keeps under `form` stands beside the rest in the draft.
        throw inForm(err, (path) => path.replace(/^form\./, ""), (theirs) => draftOf(theirs as unknown as Device));
      }
    },
    onSuccess: (saved) => {
      client.setQueryData(one(site, saved.id), saved);
      void client.invalidateQueries({ queryKey: keys.site(site) });
      void client.invalidateQueries({ queryKey: keys.sites });
      void client.invalidateQueries({ queryKey: ["homedevices"] });
    },
  });
}

export function useRemoveDevice(site: string) {
  const client = useQueryClient();
  return useRemoving(site, "devices", async ({ id, revision }) => {
    await got(api.DELETE("/sites/{site}/devices/{device}", { params: { path: { site, device: id }, header: ifMatch(revision) } }));
    client.removeQueries({ queryKey: one(site, id) });
    void client.invalidateQueries({ queryKey: ["homedevices"] });
  });
}

/** What the firmware of a device can do; nothing is asked for a device that is not there yet. */
export function useCapability(site: string, device: string | undefined) {
  return useQuery({
    enabled: Boolean(device),
    queryKey: [...keys.of(site, "devices"), "capability", device],
    queryFn: () => got(api.GET("/sites/{site}/devices/{device}/capability", { params: { path: { site, device: device ?? "" } } })).then((all) => all.items),
  });
}

/** What the forms of devices offer, at whatever site; the program brings it, so it never changes while one works. */
export function useDeviceOptions() {
  return useQuery({ queryKey: ["deviceoptions"], queryFn: () => got(api.GET("/device-options")), staleTime: Infinity });
}

/** What an edit concerns: one device, the homes of an apartment or a building, or the whole site. */
export interface WalkOf {
  device?: string;
  apartment?: string;
  building?: string;
}

/** Where the newest edit stands on the devices that it concerns; the live stream makes it old. */
export function useWalk(site: string, of: WalkOf, enabled = true) {
  return useQuery({
    enabled,
    queryKey: [...keys.of(site, "walk"), of],
    queryFn: () => got(api.GET("/sites/{site}/receipts", { params: { path: { site }, query: { ...of } } })),
    placeholderData: (before) => before,
  });
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
