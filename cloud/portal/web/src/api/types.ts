// The nouns of the API, kept by hand until the generated schema takes over.
export interface Site {
  id: string;
  name: string;
  time_zone: string;
  version: number;
  counts: { buildings: number; apartments: number; people: number; devices: number; agents: number };
  agents_online: number;
  receipts: { applied: number; total: number };
}
export interface Building { id: string; name: string; ground_floor: string; start_floor: string }
export interface Apartment {
  id: string; building_id: string; number: string; name: string; floor: string; contact: "group"; call_path: "ip" | "sip";
}
export interface Person { id: string; apartment_id: string; first_name: string; last_name: string; email: string; phone: string }
export interface NetworkGroup { id: string; name: string; agents: string[] }
export interface Relay {
  number: number; name: string; enabled: boolean; dtmf: string; mode: "momentary" | "latching"; rest: boolean; hold_ms: number;
  board_id: string; channel: number;
}
export type ReceiptState = "saved" | "held" | "written" | "applied" | "failed" | "manual";
export interface Receipt { state: ReceiptState; version: number; wanted_version: number; reason: string }
export interface DeviceStatus {
  online: boolean; since: string; address: string; model: string; firmware: string; sip: boolean; receipt: Receipt;
}
export interface Device {
  id: string; type: number; mac: string; name: string; group_id: string; building_id: string; apartment_id: string;
  driver: "akuvox" | "manual"; address: string; dtmf_method: "unknown" | "info" | "rfc4733"; relays: Relay[];
  sip_user: string; api_user: string; api_password?: string; status: DeviceStatus;
}
export interface Board { id: string; group_id: string; name: string; profile: string; address: string; unit: number; channels: number }
export type PresenceState = "online" | "quiet" | "offline" | "refused" | "never";
export interface Agent {
  id: string; name: string; presence: { state: PresenceState; since: string; reason: string };
  version: number; held_version: number; rejected_version: number; lan_url: string;
  certificate: { expires_at: string; fingerprint: string };
}
export interface Claim { code: string; link: string; expires_at: string }
export interface Candidate {
  mac: string; model: string; firmware: string; address: string; service: string; found_at: string; agent_id: string;
}
export interface LogRow {
  id: string; kind: string; occurred_at: string; received_at: string; agent_id: string; stream: number; seq: number; epoch: string;
  body: Record<string, unknown>; digest: string;
}
export interface OpenResult { command_id: string; result: string; reason: string; took_ms: number }
export interface Account { id: string; email: string; name: string; org: { id: string; name: string }; role: string }
export interface Page<T> { items: T[]; next?: string }
