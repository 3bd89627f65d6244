import { IconArrowBigUpLines } from "@tabler/icons-react";
import type { Capability } from "../../api/devices";
import type { components } from "../../api/schema";
import { t } from "../../text/t";
import { fewWords } from "../../words/homes";
import css from "./form.module.css";

type Feature = Capability["feature"];

/** What is known of one feature of a device; nothing for a device that is not there yet. */
export function ability(all: Capability[] | undefined, feature: Feature): Capability | undefined {
  return all?.find((c) => c.feature === feature);
}

/** Whether the firmware does not reach a feature. */
export function lacks(c: Capability | undefined): boolean {
  return c?.state === "too_old" || c?.state === "not_listed";
}

/** Why a feature is missing, with the firmware that would bring it (DEV-25). */
export function reasonWords(c: Capability): string {
  if (c.state === "too_old") return t("dev.cap_too_old", { needs: c.needs, has: c.has });
  if (c.state === "not_listed") return c.model ? t("dev.cap_not_listed", { model: c.model, has: c.has }) : t("dev.cap_unlisted", { has: c.has });
  return c.needs ? t("dev.cap_unknown_needs", { needs: c.needs }) : t("dev.cap_unknown");
}

/** What devices do instead of what was saved, and why (DEV-25, SITE-26). */
export function keptWords(w: Pick<components["schemas"]["Warning"], "feature" | "model" | "needs" | "has" | "devices">): string {
  if (w.feature === "network_group") return t("measured.kept", { devices: fewWords(w.devices) });
  const why = reasonWords({ ...w, feature: w.feature, state: w.needs ? "too_old" : "not_listed", reason: "" });
  return `${t(`homes.kept_${w.feature}`, { devices: fewWords(w.devices) })} ${why}`;
}

/** Stands at a field that the firmware decides about; `kept` says that a setting is stored all the same. */
export function Gate({ of, kept }: { of: Capability | undefined; kept: boolean }) {
  if (!of || of.state === "ok") return null;
  const missing = lacks(of);
  if (!missing && !kept) return null;
  return (
    <p className={css.gate} data-missing={missing || undefined} data-feature={of.feature}>
      <IconArrowBigUpLines size={16} aria-hidden />
      <span>
        {missing && kept && <strong>{t("dev.not_on_device")} </strong>}
        {reasonWords(of)}
      </span>
    </p>
  );
}
