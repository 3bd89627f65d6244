// Short names for the nouns of the generated schema.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Agent = Schemas["Agent"];
export type Apartment = Schemas["Apartment"];
export type Board = Schemas["Board"];
export type Building = Schemas["Building"];
export type Candidate = Schemas["Candidate"];
export type Claim = Schemas["Claim"];
export type Dashboard = Schemas["Dashboard"];
export type DashboardHand = Schemas["Hand"];
export type Device = Schemas["Device"];
export type LogFinding = Schemas["Finding"];
export type LogRow = Schemas["Event"];
export type NetworkGroup = Schemas["NetworkGroup"];
export type OpenResult = Schemas["Outcome"];
export type Person = Schemas["Person"];
export type Receipt = Schemas["Receipt"];
export type Relay = Schemas["Relay"];
export type Site = Schemas["Site"];

/** A list as the API answers it. */
export interface Page<T> {
  items: T[];
  next?: string;
  /** How many the whole list holds. */
  total?: number;
  /** There are more than total: so far they are counted. */
  more?: boolean;
}

/** A thing as it was seen: what is done to it with the revision holds only while nobody changed it since. */
export interface Seen {
  id: string;
  revision?: number;
}

/** What a form edits: a new thing has no id yet, a known one the revision that the form was opened with. */
export type Draft<T extends { id: string; revision: number }> = Omit<T, "id" | "revision"> & { id?: string; revision?: number };
