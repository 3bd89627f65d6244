import { Button } from "@mantine/core";
import { IconAddressBook } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Site } from "../../api/types";
import { Empty } from "../../parts/page";
import { t } from "../../text/t";

/** What a list of people is for while it is empty, and the first act: a home comes before who lives there. */
export function NoPeople({ site, act }: { site: Site; act: ReactNode }) {
  const icon = <IconAddressBook size={22} aria-hidden />;
  if (site.kind === "office") return <Empty icon={icon} title={t("person.empty_office")} body={t("person.empty_office_body")} act={act} />;
  if (site.kind === "commercial") return <Empty icon={icon} title={t("person.empty_commercial")} body={t("person.empty_commercial_body")} act={act} />;
  const first = site.counts.apartments > 0 ? act : (
    <Button component={Link} to={`/sites/${site.id}/buildings`}>
      {t("overview.no_building_act")}
    </Button>
  );
  return <Empty icon={icon} title={t("people.empty")} body={t("people.empty_body")} act={first} />;
}
