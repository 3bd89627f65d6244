import { Select, Switch, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { ReactNode } from "react";
import formCSS from "../../parts/form.module.css";
import { t } from "../../text/t";
import { moved, type AppUse, type PersonValues } from "../../words/personform";
import { CountryField, errorAt, FloorsField, LandlineFields, LanguageField, NumberField, RemarkField, useArea } from "./fields";

export type FormOfPerson = UseFormReturnType<PersonValues>;

/** Why a field cannot be changed now; empty when it can (PEOPLE-12, PEOPLE-15, PEOPLE-16). */
export type Lock = (field: keyof PersonValues) => string;

export interface FieldsProps {
  form: FormOfPerson;
  lock: Lock;
}

/** The most floors of somebody who works (PEOPLE-29). */
const workFloors = 10;

/** Fields that belong together, under one heading. */
export function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className={formCSS.group}>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

/** A text of the form; locked, it says why. */
export function useTexts({ form, lock }: FieldsProps) {
  return (field: keyof PersonValues) => ({ ...form.getInputProps(field), disabled: lock(field) !== "", description: lock(field) || undefined });
}

export function NameFields(props: FieldsProps) {
  const text = useTexts(props);
  return (
    <div className={formCSS.two}>
      <TextInput label={t("people.first")} data-autofocus autoComplete="off" {...text("first_name")} />
      <TextInput label={t("people.last")} autoComplete="off" {...text("last_name")} />
    </div>
  );
}

/** How a person is reached: e-mail with its language, country and mobile number; `landlines` adds those. */
export function ContactFields({ landlines = true, ...props }: FieldsProps & { landlines?: boolean }) {
  const { form, lock } = props;
  const text = useTexts(props);
  const { country, landlines: numbers } = form.values;
  const area = useArea(country);
  return (
    <Group title={t("person.contact")}>
      <div className={formCSS.two}>
        <TextInput label={t("people.email")} type="email" autoComplete="off" {...text("email")} />
        <LanguageField {...text("language")} />
        <CountryField {...text("country")} value={country} onChange={(c) => form.setValues(moved(form.values, c ?? "", area))} />
        <NumberField label={t("person.mobile")} area={area} {...text("phone")} />
      </div>
      {landlines && (
        <LandlineFields
          area={area}
          value={numbers}
          onChange={(now) => form.setFieldValue("landlines", now)}
          errors={form.errors}
          disabled={lock("landlines") !== ""}
        />
      )}
    </Group>
  );
}

/** What a resident has beside: floors and a remark (PEOPLE-13). */
export function ResidentFields({ form, lock }: FieldsProps) {
  return (
    <Group title={t("person.more")}>
      <FloorsField
        value={form.values.floors}
        onChange={(floors) => form.setFieldValue("floors", floors)}
        error={errorAt(form.errors, "floors")}
        disabled={lock("floors") !== ""}
      />
      <RemarkField disabled={lock("remark") !== ""} {...form.getInputProps("remark")} />
    </Group>
  );
}

/** What an office user has beside: floors, the intercom feature, and what rings (PEOPLE-26, PEOPLE-30). */
export function OfficeFields({ form, lock }: FieldsProps) {
  const off = form.values.app === "plain";
  const types = off ? [6] : [0, 1, 2, 3, 4, 5];
  return (
    <Group title={t("person.calls")}>
      <Switch
        label={t("person.intercom")}
        description={t("person.intercom_help")}
        checked={!off}
        disabled={lock("app") !== ""}
        onChange={(e) => form.setValues({ app: e.currentTarget.checked ? "intercom" : "plain", call_type: e.currentTarget.checked ? 0 : 6 })}
      />
      <div className={formCSS.two}>
        <Select
          label={t("person.call_type")}
          description={off ? t("person.call_type_off") : undefined}
          data={types.map((n) => ({ value: String(n), label: callTypeWords(n) }))}
          allowDeselect={false}
          disabled={off || lock("call_type") !== ""}
          {...form.getInputProps("call_type")}
          value={String(form.values.call_type)}
          onChange={(n) => form.setFieldValue("call_type", Number(n))}
        />
        <PathField form={form} lock={lock} />
      </div>
      <FloorsField
        value={form.values.floors}
        onChange={(floors) => form.setFieldValue("floors", floors)}
        error={errorAt(form.errors, "floors")}
        disabled={lock("floors") !== ""}
        most={workFloors}
        help={t("person.floors_office")}
      />
    </Group>
  );
}

/** What a call type rings, in words (00-overview 6.2). */
export function callTypeWords(n: number): string {
  return t(`calltype.${n as 0}`);
}

/** SIP or IP (CALL-01). */
export function PathField({ form, lock }: FieldsProps) {
  return (
    <Select
      label={t("person.path")}
      data={(["ip", "sip"] as const).map((value) => ({ value, label: t(`person.path_${value}`) }))}
      allowDeselect={false}
      disabled={lock("call_path") !== ""}
      {...form.getInputProps("call_path")}
      value={form.values.call_path || "ip"}
    />
  );
}

/** What personnel and administrators of companies have beside (PEOPLE-32, PEOPLE-33). */
export function CompanyFields({ form, lock }: FieldsProps) {
  const personnel = form.values.kind === "personnel";
  return (
    <Group title={t("person.services")}>
      {personnel && (
        <Select
          label={t("person.app")}
          data={(["intercom", "plain", "none"] as const).map((value) => ({ value, label: t(`person.app_${value}`) }))}
          allowDeselect={false}
          disabled={lock("app") !== ""}
          {...form.getInputProps("app")}
          onChange={(use) => form.setFieldValue("app", (use ?? "intercom") as AppUse)}
        />
      )}
      <Switch
        label={t("person.landline")}
        description={t("person.landline_help")}
        disabled={lock("landline") !== ""}
        {...form.getInputProps("landline", { type: "checkbox" })}
      />
      <FloorsField
        value={form.values.floors}
        onChange={(floors) => form.setFieldValue("floors", floors)}
        error={errorAt(form.errors, "floors")}
        disabled={lock("floors") !== ""}
        most={workFloors}
      />
    </Group>
  );
}
