import { Select, Switch } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { ReactNode } from "react";
import type { SiteOptions } from "../../api/sites";
import formCSS from "../../parts/form.module.css";
import { has, t, type Key } from "../../text/t";
import type { SiteValues } from "../../words/siteform";
import css from "./sites.module.css";

export type SiteFormOf = UseFormReturnType<SiteValues>;

/** What every part of the form of a site gets. */
export interface PartProps {
  form: SiteFormOf;
  options: SiteOptions;
}

type Named<T> = { [K in keyof SiteValues]-?: NonNullable<SiteValues[K]> extends T ? K : never }[keyof SiteValues];

/** The label of a field of the form. */
export function fieldLabel(field: string): string {
  return t(`siteform.${field}` as Key);
}

const help = (field: string) => (has(`siteform.${field}_help`) ? t(`siteform.${field}_help` as Key) : undefined);

/** Fields that belong together, under one heading. */
export function Fields({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className={formCSS.group}>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

interface FlagProps {
  form: SiteFormOf;
  field: Named<boolean>;
  /** The key of its texts, where that is not its name. */
  text?: string;
  /** The switch is on while the value is off. */
  inverted?: boolean;
  disabled?: boolean;
  /** Said in place of the usual help. */
  says?: string;
}

/** A switch of the form. */
export function Flag({ form, field, text = field, inverted = false, disabled, says }: FlagProps) {
  const on = form.getValues()[field] as boolean;
  return (
    <Switch
      className={css.flag}
      label={fieldLabel(text)}
      description={says ?? help(text)}
      disabled={disabled}
      {...form.getInputProps(field, { type: "checkbox" })}
      checked={on !== inverted}
      onChange={(e) => form.setFieldValue(field, e.currentTarget.checked !== inverted)}
    />
  );
}

interface ChooseProps {
  form: SiteFormOf;
  field: Named<string>;
  values: readonly string[];
  disabled?: boolean;
}

/** One of a few values. */
export function Choose({ form, field, values, disabled }: ChooseProps) {
  return (
    <Select
      label={fieldLabel(field)}
      description={help(field)}
      data={values.map((value) => ({ value, label: t(`siteform.${field}_${value}` as Key) }))}
      disabled={disabled}
      {...form.getInputProps(field)}
    />
  );
}

/** How dates and hours are written (SITE-05). */
export function DateFields({ form }: { form: SiteFormOf }) {
  return (
    <div className={formCSS.two}>
      <Choose form={form} field="date_format" values={["ymd", "mdy", "dmy"]} />
      <Select
        label={fieldLabel("hour12")}
        data={["false", "true"].map((value) => ({ value, label: t(`siteform.hour12_${value}` as Key) }))}
        {...form.getInputProps("hour12")}
        value={String(form.getValues().hour12)}
        onChange={(v) => form.setFieldValue("hour12", v === "true")}
      />
    </div>
  );
}
