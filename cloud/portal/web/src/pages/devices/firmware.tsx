import { useCapability, type Capability } from "../../api/devices";
import type { Device } from "../../api/types";
import { Empty, Failed, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { t, word } from "../../text/t";
import { lacks, reasonWords } from "./gate";
import css from "./devices.module.css";

/** What the firmware of a device can and cannot do, and what is kept because of it (DEV-25). */
export function Firmware({ site, device }: { site: string; device: Device }) {
  const all = useCapability(site, device.id);
  const withheld = device.status.receipt.withheld ?? [];
  const beside = withheld.filter((feature) => all.data && !all.data.some((c) => c.feature === feature));
  return (
    <Panel title={t("dev.firmware")} flush>
      {!all.data && (all.isError ? <Failed error={all.error} again={() => void all.refetch()} /> : <SkeletonRows n={2} />)}
      {all.data?.length === 0 && beside.length === 0 && <Empty small body={t("dev.firmware_none")} />}
      <ul className={css.abilities}>
        {all.data?.map((c) => (
          <Ability key={c.feature} of={c} kept={withheld.includes(c.feature)} />
        ))}
        {beside.map((feature) => (
          <li key={feature} data-feature={feature} data-withheld>
            <span className={css.abilityName}>{word("dev", `feature_${feature}`)}</span>
            <State tone="warn" word={t("dev.left_out")} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Ability({ of, kept }: { of: Capability; kept: boolean }) {
  const tone = of.state === "ok" ? "ok" : lacks(of) && kept ? "warn" : "off";
  const said = of.state === "ok" ? "dev.can" : lacks(of) ? "dev.cannot" : "dev.unsure";
  return (
    <li data-feature={of.feature} data-withheld={kept || undefined}>
      <span className={css.abilityName}>{word("dev", `feature_${of.feature}`)}</span>
      <State tone={tone} word={t(said)} />
      {of.state !== "ok" && (
        <span className={css.abilityWhy}>
          {kept && <strong>{t("dev.not_on_device")} </strong>}
          {reasonWords(of)}
        </span>
      )}
    </li>
  );
}
