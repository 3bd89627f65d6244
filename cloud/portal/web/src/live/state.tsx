import { State } from "../parts/state";
import { t } from "../text/t";
import { useLive } from "./site";

/** Whether what the page shows is kept up to date. */
export function LiveState() {
  const { up, lostSince } = useLive();
  if (lostSince) return <State tone="warn" word={t("live.off")} />;
  return up ? <State tone="ok" word={t("live.on")} /> : <State tone="off" word={t("live.opening")} />;
}
