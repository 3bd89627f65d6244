import { Select, type SelectProps } from "@mantine/core";
import { t } from "../text/t";

/** The zone this browser lives in: the likeliest one of a new site. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

function zones(with_: string): string[] {
  const known = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set(["UTC", with_, ...known])].filter(Boolean).sort();
}

/** Picks an IANA time zone. */
export function ZoneSelect(props: SelectProps & { current: string }) {
  const { current, ...rest } = props;
  return (
    <Select
      label={t("sites.zone")}
      description={t("sites.zone_help")}
      data={zones(current)}
      searchable
      limit={60}
      maxDropdownHeight={260}
      {...rest}
    />
  );
}
