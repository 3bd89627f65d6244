import { Group } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useCountries, useStates } from "../../api/places";
import { useSaveSite, type SiteOptions } from "../../api/sites";
import type { Site } from "../../api/types";
import { FormEnd, useSending, type ValueWords } from "../../parts/form";
import { has, t, type Key } from "../../text/t";
import { bodyOf, valuesOf, type SiteValues } from "../../words/siteform";
import { zoneLabel } from "../../words/zone";
import { fieldLabel, type PartProps } from "../sites/fields";
import { CommercialFields, CommunityAdvanced, CommunityBasics, HomeFields, OfficeFields } from "../sites/kinds";
import css from "../sites/sites.module.css";

/** The form that made the site, for changes (SITE-03): what stood in two steps stands one under the other. */
export function SiteForm({ site, options }: { site: Site; options: SiteOptions }) {
  const save = useSaveSite(site.id);
  const form = useForm<SiteValues>({ mode: "controlled", initialValues: valuesOf(site) });
  const sending = useSending(
    form,
    async ({ revision, ...values }) => {
      const saved = await save.mutateAsync({ ...bodyOf(values), revision });
      notifications.show({ message: t("settings.saved"), color: "teal" });
      return saved;
    },
    useWords(form.getValues()),
  );
  const part: PartProps = { form, options };
  return (
    <form onSubmit={sending.submit} noValidate className={css.form}>
      {site.kind === "community" && (
        <>
          <h3 className={css.part}>{t("siteform.step_basic")}</h3>
          <CommunityBasics {...part} />
          <h3 className={css.part}>{t("siteform.step_advanced")}</h3>
          <CommunityAdvanced {...part} />
        </>
      )}
      {site.kind === "commercial" && <CommercialFields {...part} made />}
      {site.kind === "office" && <OfficeFields {...part} />}
      {site.kind === "single" && <HomeFields {...part} />}
      <Group justify="flex-end">
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("act.save")} />
      </Group>
    </form>
  );
}

/** How values read when two edited at once. */
function useWords({ country }: SiteValues): ValueWords<SiteValues> {
  const countries = useCountries().data;
  const states = useStates(country).data;
  const chosen = (field: string) => ({
    label: fieldLabel(field),
    value: (v: unknown) => (has(`siteform.${field}_${String(v)}`) ? t(`siteform.${field}_${String(v)}` as Key) : String(v ?? "")),
  });
  const choices = ["date_format", "hour12", "contact_order", "plan", "access", "pin_mode", "expiration_mails", "attendance", "charge_mode"] as const;
  return {
    ...Object.fromEntries(choices.map((f) => [f, chosen(f)])),
    time_zone: (zone) => zoneLabel(zone),
    no_visitor_log: { label: fieldLabel("visitor_log"), value: (off) => t(off ? "conflict.off" : "conflict.on") },
    no_call_pictures: { label: fieldLabel("call_pictures"), value: (off) => t(off ? "conflict.off" : "conflict.on") },
    no_registration: { label: fieldLabel("scan"), value: (off) => t(off ? "conflict.off" : "conflict.on") },
    country: (code) => countries?.find((c) => c.code === code)?.name ?? code,
    state: (code) => states?.find((s) => s.code === code)?.name ?? code,
  };
}
