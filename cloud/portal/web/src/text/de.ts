import { access } from "./de/access";
import { accessgroups } from "./de/accessgroups";
import { account } from "./de/account";
import { autop } from "./de/autop";
import { callbacks } from "./de/callbacks";
import { calls } from "./de/calls";
import { cameras } from "./de/cameras";
import { care } from "./de/care";
import { conflict } from "./de/conflict";
import { dashboard } from "./de/dashboard";
import { doorkeys } from "./de/doorkeys";
import { devices } from "./de/devices";
import { imports } from "./de/imports";
import { logcheck } from "./de/logcheck";
import { macs } from "./de/macs";
import { managers } from "./de/managers";
import { profile } from "./de/profile";
import { homes } from "./de/homes";
import { hooks } from "./de/hooks";
import { mails } from "./de/mails";
import { measured } from "./de/measured";
import { networks } from "./de/networks";
import { orgs } from "./de/orgs";
import { people } from "./de/people";
import { relays } from "./de/relays";
import { resets } from "./de/resets";
import { security } from "./de/security";
import { shell } from "./de/shell";
import { site } from "./de/site";
import { sites } from "./de/sites";
import { tokens } from "./de/tokens";
import { retention } from "./de/retention";
import { trunk } from "./de/trunk";
import { words } from "./de/words";
import type { Words } from "./t";

/**
 * Every word of the portal in German. The words of the trade: Objekt (site), Gebäude, Wohnung, Türstation (door phone), Innenstation (monitor),
 * Relais, Netzwerkgruppe, Agent koppeln (claim), Betreiber, Distributor, Errichter (installer), Unterkonto (sub-account), Verwalter (manager).
 */
export const de: Words = { ...access, ...accessgroups, ...account, ...autop, ...callbacks, ...calls, ...cameras, ...care, ...conflict, ...dashboard, ...doorkeys, ...homes, ...hooks, ...imports, ...logcheck, ...macs, ...mails, ...managers, ...measured, ...networks, ...orgs, ...people, ...profile, ...relays, ...resets, ...retention, ...security, ...shell, ...site, ...sites, ...tokens, ...trunk, ...words, ...devices };
