import { Select, type SelectProps } from "@mantine/core";
import { useMemo } from "react";
import { t } from "../text/t";
import { zoneChoices } from "../words/zone";

/** The zone this browser lives in: the likeliest one where nothing else is said. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

function zones(with_: string): string[] {
  const known = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set(["UTC", with_, ...known])].filter(Boolean);
}

/** Picks an IANA time zone, shown as "GMT+8:00 Shanghai"; `open` is a choice that leaves it open. */
export function ZoneSelect(props: SelectProps & { current: string; open?: string }) {
  const { current, open, ...rest } = props;
  const known = useMemo(() => zoneChoices(zones(current)), [current]);
  return (
    <Select
      label={t("sites.zone")}
      description={t("sites.zone_help")}
      data={open ? [{ value: "", label: open }, ...known] : known}
      searchable
      limit={60}
      maxDropdownHeight={260}
      {...rest}
    />
  );
}
