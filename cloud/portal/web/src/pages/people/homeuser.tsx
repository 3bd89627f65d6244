import { Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useRef, type ReactNode } from "react";
import { useHomeForm, useSaveHomeForm } from "../../api/homeform";
import { useCountries } from "../../api/places";
import { Copy } from "../../parts/copy";
import { FormEnd, useSending } from "../../parts/form";
import formCSS from "../../parts/form.module.css";
import { Failed, Notice, SkeletonRows } from "../../parts/page";
import { ZoneSelect } from "../../parts/zones";
import { t } from "../../text/t";
import { homeValues, type HomeForm, type HomeValues } from "../../words/homeform";
import { ownName } from "../../words/names";
import { moved } from "../../words/personform";
import type { SiteFormOf } from "../sites/fields";
import { HomeServices } from "../sites/kinds";
import { CountryField, countryName, LandlineFields, LanguageField, NumberField, useArea } from "./fields";
import css from "./people.module.css";
import { Group } from "./personfields";

interface HomeUserProps {
  site: string;
  onClose: () => void;
  /** Stands at the end of the form, at the left. */
  left: ReactNode;
}

/** The user of a single-family home with everything that PEOPLE-01 gives it, saved in one edit. */
export function HomeUserForm({ site, ...rest }: HomeUserProps) {
  const read = useHomeForm(site);
  const opened = useRef<HomeForm>(undefined);
  opened.current ??= read.isFetchedAfterMount ? read.data : undefined;
  if (opened.current) return <Form site={site} known={opened.current} {...rest} />;
  return read.isError ? <Failed error={read.error} again={() => void read.refetch()} /> : <SkeletonRows n={6} />;
}

function Form({ site, known, onClose, left }: HomeUserProps & { known: HomeForm }) {
  const save = useSaveHomeForm(site);
  const countries = useCountries().data;
  const form = useForm<HomeValues>({ mode: "controlled", initialValues: homeValues(known) });
  const sending = useSending(form, async (values) => {
    await save.mutateAsync(values);
    onClose();
  }, {
    language: ownName,
    country: (code) => (code ? countryName(code, countries?.find((c) => c.code === code)?.name ?? code) : ""),
    landlines: { label: t("person.landlines"), value: (all) => all.filter(Boolean).join(", ") },
    call_path: (path) => t(`person.path_${path}`),
    time_zone: (zone) => zone || t("person.zone_follows"),
  });
  const locks = known.person.status.locks ?? [];
  const lock = (field: string) => locks.find((l) => l.path === "" || l.path.replace(/^form\./, "") === field)?.reason ?? "";
  const text = (field: keyof HomeValues) => ({ ...form.getInputProps(field), disabled: lock(field) !== "", description: lock(field) || undefined });
  const uid = known.person.status.home?.sip_user ?? "";
  const whole = locks.find((l) => l.path === "")?.reason;
  const area = useArea(form.values.country);
  return (
    <form onSubmit={sending.submit} noValidate className={css.form}>
      {whole && <Notice tone="warn">{whole}</Notice>}
      <Group title={t("person.who")}>
        <div className={css.withCopy}>
          <TextInput label={t("person.uid")} value={uid} readOnly variant="filled" classNames={{ input: "mono" }} />
          <Copy value={uid} label={t("person.uid")} />
        </div>
        <div className={formCSS.two}>
          <TextInput label={t("people.name")} data-autofocus maxLength={64} autoComplete="off" {...text("name")} />
          <TextInput label={t("person.room")} placeholder={t("person.room_help")} maxLength={64} autoComplete="off" {...text("room_name")} />
        </div>
      </Group>
      <Group title={t("person.contact")}>
        <div className={formCSS.two}>
          <TextInput label={t("people.email")} type="email" autoComplete="off" {...text("email")} />
          <LanguageField {...text("language")} />
          <CountryField {...text("country")} value={form.values.country} onChange={(c) => form.setValues(moved(form.values, c ?? "", area))} />
          <NumberField label={t("person.mobile")} area={area} {...text("phone")} />
        </div>
        <LandlineFields area={area} value={form.values.landlines} onChange={(now) => form.setFieldValue("landlines", now)} errors={form.errors} disabled={Boolean(whole)} />
        <TextInput label={t("person.address")} maxLength={255} autoComplete="off" {...text("address")} />
      </Group>
      <Group title={t("person.home")}>
        <Select
          label={t("person.path")}
          data={(["ip", "sip"] as const).map((value) => ({ value, label: t(`person.path_${value}`) }))}
          {...form.getInputProps("call_path")}
        />
        <ZoneSelect current={form.values.time_zone} open={t("person.zone_follows")} {...form.getInputProps("time_zone")} />
      </Group>
      <HomeServices form={form as unknown as SiteFormOf} />
      <FormEnd rest={sending.rest} busy={sending.busy} act={t("act.save")} cancel={onClose} left={left} />
    </form>
  );
}
