import { useParams } from "@tanstack/react-router";
import { useSite, useSiteOptions } from "../../api/sites";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { Walk } from "../../parts/walk";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import css from "../sites/sites.module.css";
import { Danger } from "./danger";
import { Groups } from "./groups";
import { SiteManagers } from "./managers";
import { RetentionPanel } from "./retention";
import { SiteForm } from "./siteform";
import { TrunkPanel } from "./trunk";

/** What belongs to the site as a whole. */
export default function Settings() {
  const { site } = useParams({ from: "/inside/sites/$site/settings" });
  const head = useSite(site);
  const options = useSiteOptions();
  const may = useMay("managers.read");
  const edits = useMay("sites.write");
  const keeps = useMay("events.keep");
  const failed = [head, options].find((q) => q.isError && !q.data);
  return (
    <Page title={t("settings.title")} under={head.data && <span>{t("settings.kind_fixed", { kind: kindWords(head.data) })}</span>}>
      <div className={css.page}>
        <Panel title={t("settings.site")}>
          {failed ? (
            <Failed error={failed.error} again={() => void failed.refetch()} />
          ) : head.data && options.data ? (
            <SiteForm key={site} site={head.data} options={options.data} />
          ) : (
            <SkeletonRows n={3} />
          )}
        </Panel>
        <Walk site={site} />
        <Groups site={site} />
        <div id="trunk">{edits && head.data && <TrunkPanel key={site} site={head.data} />}</div>
        <div id="managers">{may && head.data && head.data.kind !== "single" && <SiteManagers site={site} />}</div>
        <div id="retention">{keeps && head.data && <RetentionPanel key={site} site={site} zone={head.data.time_zone} />}</div>
        {head.data && <Danger site={head.data} />}
      </div>
    </Page>
  );
}

/** The kind of a site as its settings say it; a commercial one is for one company or for many. */
function kindWords({ kind, form }: { kind: "community" | "commercial" | "single" | "office"; form: { variant?: "single_company" | "multi_company" } }): string {
  return kind === "commercial" && form.variant ? t(`siteform.variant_${form.variant}`) : t(`sitekind.${kind}`);
}
