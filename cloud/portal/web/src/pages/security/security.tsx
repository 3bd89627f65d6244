import { useFactors } from "../../api/security";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import { FactorsPanel } from "./factors";
import { PasskeysPanel } from "./passkeys";
import css from "./security.module.css";
import { SessionsPanel } from "./sessions";

/** How somebody signs in, and where they are signed in. */
export default function Security() {
  const factors = useFactors();
  return (
    <Page title={t("security.title")} under={<span>{t("security.lead")}</span>}>
      <div className={css.stack}>
        {!factors.data && (
          <Panel flush>{factors.isError ? <Failed error={factors.error} again={() => void factors.refetch()} /> : <SkeletonRows />}</Panel>
        )}
        {factors.data && <FactorsPanel factors={factors.data} />}
        {factors.data && <PasskeysPanel host={factors.data.passkey_host} />}
        <SessionsPanel />
      </div>
    </Page>
  );
}
