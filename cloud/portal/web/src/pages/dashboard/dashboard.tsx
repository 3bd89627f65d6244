import { Page } from "../../parts/page";
import { t } from "../../text/t";

/** What there is, and what needs a hand. */
export default function Dashboard() {
  return <Page title={t("nav.dashboard")}>{null}</Page>;
}
