import { access } from "./en/access";
import { account } from "./en/account";
import { autop } from "./en/autop";
import { calls } from "./en/calls";
import { cameras } from "./en/cameras";
import { conflict } from "./en/conflict";
import { dashboard } from "./en/dashboard";
import { devices } from "./en/devices";
import { imports } from "./en/imports";
import { logcheck } from "./en/logcheck";
import { macs } from "./en/macs";
import { managers } from "./en/managers";
import { profile } from "./en/profile";
import { homes } from "./en/homes";
import { hooks } from "./en/hooks";
import { mails } from "./en/mails";
import { orgs } from "./en/orgs";
import { people } from "./en/people";
import { resets } from "./en/resets";
import { security } from "./en/security";
import { shell } from "./en/shell";
import { site } from "./en/site";
import { sites } from "./en/sites";
import { tokens } from "./en/tokens";
import { trunk } from "./en/trunk";
import { words } from "./en/words";

/** Every word of the portal in English, by key. Short, active, the trade's words; buttons are verbs. */
export const en = { ...access, ...account, ...autop, ...calls, ...cameras, ...conflict, ...dashboard, ...homes, ...hooks, ...imports, ...logcheck, ...macs, ...mails, ...managers, ...orgs, ...people, ...profile, ...resets, ...security, ...shell, ...site, ...sites, ...tokens, ...trunk, ...words, ...devices } as const;
