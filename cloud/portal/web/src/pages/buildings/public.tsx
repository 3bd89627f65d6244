import { Link, useParams } from "@tanstack/react-router";
import { Page } from "../../parts/page";
import { t } from "../../text/t";
import { CamerasPanel } from "../cameras/panel";
import { AddAtLevel, LevelDevices, LevelTabs, useTab, type LevelTab } from "./levels";

const tabs: readonly LevelTab[] = ["devices", "cameras"];

/** The public area: what stands in no building (SITE-24). */
export default function PublicArea() {
  const { site } = useParams({ from: "/inside/sites/$site/buildings/public" });
  const tab = useTab(tabs);
  return (
    <Page
      title={t("homes.public")}
      crumbs={
        <Link to="/sites/$site/buildings" params={{ site }}>
          {t("buildings.title")}
        </Link>
      }
      under={<span>{t("homes.public_lead")}</span>}
      acts={tab === "devices" && <AddAtLevel site={site} level="public" />}
    >
      <LevelTabs tabs={tabs} now={tab} />
      {tab === "devices" ? <LevelDevices site={site} level="public" /> : <CamerasPanel site={site} />}
    </Page>
  );
}
