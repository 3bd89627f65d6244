import {
  IconAddressBook, IconBuildingCommunity, IconCpu, IconDeviceLandlinePhone, IconHome2, IconListDetails, IconSettings, type Icon,
} from "@tabler/icons-react";
import type { Key } from "../text/t";

export interface NavItem {
  to: string;
  label: Key;
  /** A shorter word for the bar at the bottom of a phone. */
  short?: Key;
  icon: Icon;
  exact?: boolean;
}

/** The pages of a site, in the order of its rail; the first four stand in a phone's bottom bar. */
export const siteNav: NavItem[] = [
  { to: "/sites/$site", label: "nav.overview", icon: IconHome2, exact: true },
  { to: "/sites/$site/buildings", label: "nav.buildings", icon: IconBuildingCommunity },
  { to: "/sites/$site/devices", label: "nav.devices", icon: IconDeviceLandlinePhone },
  { to: "/sites/$site/people", label: "nav.people", icon: IconAddressBook },
  { to: "/sites/$site/log", label: "nav.log", short: "nav.log_short", icon: IconListDetails },
  { to: "/sites/$site/agents", label: "nav.agents", icon: IconCpu },
  { to: "/sites/$site/settings", label: "nav.settings", icon: IconSettings },
];

/** What a phone's bottom bar holds; the rest is behind "More". */
export const bottomNav = ["nav.overview", "nav.buildings", "nav.devices", "nav.log"];
