import {
  IconAddressBook, IconBarcode, IconBell, IconBriefcase, IconCamera, IconClockShield, IconBuildingCommunity, IconBuildings, IconBuildingStore, IconCpu, IconDeviceLandlinePhone, IconEyeCheck, IconHistory,
  IconFileSpreadsheet, IconHome2, IconKey, IconLayoutDashboard, IconListDetails, IconMail, IconPhoneCall, IconScale, IconSettings, IconShieldCheck, IconSitemap, IconUserCheck,
  IconUserCog, IconUsers, IconUsersGroup, IconWebhook, type Icon,
} from "@tabler/icons-react";
import type { Key } from "../text/t";
import type { SiteKind } from "../words/sitekind";
import type { Eyes } from "./eyes";
import type { Work } from "./work";

export interface NavItem {
  to: string;
  label: Key;
  /** A shorter word for the bar at the bottom of a phone. */
  short?: Key;
  icon: Icon;
  exact?: boolean;
}

/** Kinds of sites that sheets describe. */
const sheets: readonly SiteKind[] = ["community", "office", "commercial"];

/** The pages of a site, in the order of its rail; some kinds of sites alone have some of them. */
export const siteNav: (NavItem & { right: string; kinds?: readonly SiteKind[] })[] = [
  { to: "/sites/$site", label: "nav.overview", icon: IconHome2, exact: true, right: "sites.read" },
  { to: "/sites/$site/buildings", label: "nav.buildings", icon: IconBuildingCommunity, right: "sites.read", kinds: ["community"] },
  { to: "/sites/$site/departments", label: "nav.departments", icon: IconUsersGroup, right: "sites.read", kinds: ["office"] },
  { to: "/sites/$site/companies", label: "nav.companies", icon: IconBriefcase, right: "sites.read", kinds: ["commercial"] },
  { to: "/sites/$site/devices", label: "nav.devices", icon: IconDeviceLandlinePhone, right: "devices.read" },
  { to: "/sites/$site/cameras", label: "nav.cameras", icon: IconCamera, right: "devices.read" },
  { to: "/sites/$site/people", label: "nav.people", icon: IconAddressBook, right: "people.read" },
  { to: "/sites/$site/access", label: "nav.access_groups", icon: IconClockShield, right: "people.read" },
  { to: "/sites/$site/calls", label: "nav.calls", icon: IconPhoneCall, right: "events.read" },
  { to: "/sites/$site/log", label: "nav.log", short: "nav.log_short", icon: IconListDetails, right: "events.read" },
  { to: "/sites/$site/agents", label: "nav.agents", icon: IconCpu, right: "sites.read" },
  { to: "/sites/$site/imports", label: "nav.imports", short: "nav.imports_short", icon: IconFileSpreadsheet, right: "sites.write", kinds: sheets },
  { to: "/sites/$site/settings", label: "nav.settings", icon: IconSettings, right: "sites.write" },
];

/** Where a page stands in the rail; the account's own pages stand in the menu of the account. */
export type NavGroup = "main" | "organisation" | "service" | "account";

export interface HomeItem extends NavItem {
  group: NavGroup;
  /** Who has none of these rights does not have the page. */
  right?: string | string[];
  /** The gate that must be open (ACC-21). */
  gate?: string;
  /** Roles that do not have the page although they have the right. */
  not?: string[];
  /** The page belongs to this work alone (ACC-17). */
  work?: Work;
  /** The same page has another name for some roles. */
  called?: Partial<Record<string, Key>>;
}

const homes = ["resident", "family"];

/** The pages outside a site. What one may not do is absent, not grey (DASH-03). */
export const homeNav: HomeItem[] = [
  { to: "/home", label: "nav.home", icon: IconHome2, group: "main", right: "home.read" },
  { to: "/", label: "nav.dashboard", icon: IconLayoutDashboard, group: "main", exact: true, not: homes, work: "project" },
  { to: "/sites", label: "nav.sites", icon: IconBuildings, group: "main", right: "sites.read" },
  { to: "/managers", label: "nav.managers", icon: IconUserCog, group: "main", right: "managers.read", work: "project" },
  {
    to: "/orgs", label: "nav.orgs", short: "nav.orgs_short", icon: IconBuildingStore, group: "main", right: "orgs.read",
    called: { distributor: "nav.installers" },
  },
  { to: "/devices", label: "nav.devices", icon: IconDeviceLandlinePhone, group: "main", right: "devices.read", work: "single" },
  { to: "/macs", label: "nav.macs", short: "nav.macs_short", icon: IconBarcode, group: "main", right: "macs.read" },
  { to: "/subaccounts", label: "nav.subaccounts", short: "nav.subaccounts_short", icon: IconUsers, group: "main", right: "subaccounts.write" },
  { to: "/organisation", label: "nav.organisation", short: "nav.organisation_short", icon: IconSitemap, group: "organisation", right: "org.read" },
  { to: "/access", label: "nav.access", icon: IconEyeCheck, group: "organisation", right: "access.give", gate: "account_access", not: ["operator"] },
  { to: "/audit", label: "nav.audit", icon: IconHistory, group: "organisation", right: "audit.read" },
  { to: "/webhooks", label: "nav.webhooks", icon: IconWebhook, group: "organisation", right: "webhooks.write", work: "project" },
  { to: "/tokens", label: "nav.tokens", icon: IconKey, group: "organisation", right: "tokens.write" },
  { to: "/rights", label: "nav.rights", icon: IconScale, group: "organisation", right: "org.read" },
  { to: "/mails", label: "nav.mails", icon: IconMail, group: "service", right: "service.write" },
  { to: "/policy-text", label: "nav.policy_text", icon: IconShieldCheck, group: "service", right: "service.write" },
  { to: "/notices", label: "nav.notices", icon: IconBell, group: "account", right: "self" },
  { to: "/profile", label: "nav.profile", icon: IconUserCheck, group: "account", right: "self" },
  { to: "/security", label: "nav.security", icon: IconShieldCheck, group: "account", right: "self" },
];

/** The pages that these eyes have, at this work. */
export function navFor(eyes: Eyes, work: Work): HomeItem[] {
  return homeNav
    .filter((n) => {
      if (n.work && n.work !== work) return false;
      if (n.gate && !eyes.gates[n.gate]) return false;
      if (n.not?.includes(eyes.role)) return false;
      return !n.right || [n.right].flat().some((r) => eyes.rights.includes(r));
    })
    .map((n) => ({ ...n, label: n.called?.[eyes.role] ?? n.label }));
}

/** The pages of a site of a kind that these eyes have; while the kind is not known, those that every site has. */
export function siteNavFor(eyes: Eyes, kind: SiteKind | undefined) {
  return siteNav.filter((n) => eyes.rights.includes(n.right) && (!n.kinds || (kind !== undefined && n.kinds.includes(kind))));
}

const most = ["nav.overview", "nav.devices", "nav.log"];

/** The pages of a site that stand in a phone's bottom bar: what it is made of among them, else its people. The rest is behind "More". */
export function bottomNav(pages: ReturnType<typeof siteNavFor>) {
  const made = pages.find((n) => n.kinds?.length === 1)?.label ?? "nav.people";
  return pages.filter((n) => most.includes(n.label) || n.label === made);
}
