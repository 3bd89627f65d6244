import { Select, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useSaveSite, type HomeUser } from "../../api/sites";
import type { Site } from "../../api/types";
import { FormEnd, useSending } from "../../parts/form";
import formCSS from "../../parts/form.module.css";
import { t } from "../../text/t";
import { bodyOf, newSite, type SiteValues } from "../../words/siteform";
import { CountryField, LandlineFields, LanguageField, NumberField, useArea } from "../people/fields";
import { Fields, type SiteFormOf } from "./fields";
import { HomeServices, ZoneField } from "./kinds";
import css from "./sites.module.css";

/** The form of a new single-family home: its user and its services (PEOPLE-01). The address is the user's own, in one line. */
interface HomeValues extends SiteValues {
  room_name: string;
  email: string;
  phone: string;
  address: string;
  call_path: "ip" | "sip";
  language: string;
  landlines: string[];
}

function start(): HomeValues {
  const site = newSite("single", "");
  return { ...site, room_name: "", email: "", phone: "", address: "", call_path: "ip", language: "en", landlines: ["", "", ""] };
}

function userOf(v: HomeValues): HomeUser {
  const { name, room_name, email, country, phone, address, call_path, language } = v;
  return { name, room_name, email, country, phone, address, call_path, language, landlines: v.landlines.filter((n) => n.trim() !== "") };
}

interface NewHomeProps {
  cancel: () => void;
  onMade: (site: Site) => Promise<unknown>;
}

/** Makes a single-family home; the site is called like its user. */
export function NewHome({ cancel, onMade }: NewHomeProps) {
  const save = useSaveSite();
  const form = useForm<HomeValues>({ mode: "controlled", initialValues: start() });
  const sending = useSending(form, async (values) => {
    const body = bodyOf({ ...values, name: "", country: "" }); // both are the user's
    await onMade(await save.mutateAsync({ ...body, user: userOf(values) }));
  });
  return (
    <form onSubmit={sending.submit} noValidate className={css.form}>
      <UserFields form={form} />
      <HomeServices form={form as unknown as SiteFormOf} />
      <Fields title={t("siteform.time")}>
        <ZoneField form={form as unknown as SiteFormOf} open={t("siteform.zone_follows")} />
      </Fields>
      <FormEnd rest={sending.rest} busy={sending.busy} act={t("sites.create")} cancel={cancel} />
    </form>
  );
}

function UserFields({ form }: { form: UseFormReturnType<HomeValues> }) {
  const { country, landlines } = form.getValues();
  const area = useArea(country);
  return (
    <>
      <Fields title={t("homeuser.title")}>
        <div className={formCSS.two}>
          <TextInput label={t("homeuser.name")} autoFocus data-autofocus autoComplete="off" {...form.getInputProps("name")} />
          <TextInput label={t("homeuser.room_name")} placeholder={t("homeuser.room_help")} autoComplete="off" {...form.getInputProps("room_name")} />
          <TextInput label={t("homeuser.email")} type="email" autoComplete="off" {...form.getInputProps("email")} />
          <LanguageField {...form.getInputProps("language")} />
          <CountryField {...form.getInputProps("country")} onChange={(v) => form.setFieldValue("country", v ?? "")} />
          <NumberField area={area} label={t("homeuser.phone")} {...form.getInputProps("phone")} />
        </div>
        <TextInput label={t("homeuser.address")} autoComplete="off" {...form.getInputProps("address")} />
        <Select
          label={t("homeuser.call_path")}
          data={(["ip", "sip"] as const).map((value) => ({ value, label: t(`homeuser.call_path_${value}`) }))}
          {...form.getInputProps("call_path")}
        />
      </Fields>
      <Fields title={t("homeuser.landlines")}>
        <LandlineFields area={area} value={landlines} onChange={(now) => form.setFieldValue("landlines", now)} errors={form.errors} />
      </Fields>
    </>
  );
}
