import { MultiSelect, Select, Textarea, TextInput, type SelectProps, type TextInputProps } from "@mantine/core";
import type { FormErrors } from "@mantine/form";
import { useMemo, type ReactNode } from "react";
import { useCountries } from "../../api/places";
import { currentLocale, t } from "../../text/t";
import { byName } from "../../words/floors";
import { abroad, allFloors, everyFloor, floorsAfter, landlineCount, mailLanguages } from "../../words/personform";
import css from "./people.module.css";

/** The first error at a field or at a part of it. */
export function errorAt(errors: FormErrors, field: string): ReactNode {
  const at = Object.keys(errors).find((path) => path === field || path.startsWith(`${field}.`));
  return at ? errors[at] : undefined;
}

/** The language of the mails to a person (PEOPLE-03). */
export function LanguageField(props: SelectProps) {
  return <Select label={t("person.language")} data={mailLanguages()} allowDeselect={false} searchable autoComplete="off" {...props} />;
}

/** A country with its area code, which then stands in front of the numbers (PEOPLE-14). */
export function CountryField({ value, onChange, ...props }: SelectProps) {
  const countries = useCountries();
  const data = useMemo(() => {
    const rows = (countries.data ?? []).map((c) => ({ value: c.code, label: [countryName(c.code, c.name), c.area].filter(Boolean).join(" ") }));
    return rows.sort((a, b) => byName(a.label, b.label));
  }, [countries.data]);
  return (
    <Select
      label={t("person.country")}
      data={data}
      searchable
      clearable
      limit={80}
      nothingFoundMessage={t("person.country_none")}
      autoComplete="off"
      value={value || null}
      onChange={onChange}
      {...props}
    />
  );
}

/** A country in the words of the portal's language. */
export function countryName(code: string, name: string): string {
  try {
    return new Intl.DisplayNames([currentLocale()], { type: "region" }).of(code) ?? name;
  } catch {
    return name; // no code of a country
  }
}

/** The area code of a country; empty until the catalogue is here, and without a country. */
export function useArea(country: string): string {
  return useCountries().data?.find((c) => c.code === country)?.area ?? "";
}

/** A number behind the area code of its country; a number that names its own country stands alone. */
export function NumberField({ area, ...props }: { area: string } & TextInputProps) {
  const before = area !== "" && !abroad(String(props.value ?? "")) && <span className={css.area}>{area}</span>;
  return <TextInput type="tel" inputMode="tel" autoComplete="off" leftSection={before} leftSectionWidth={before ? `calc(${area.length}ch + 22px)` : undefined} {...props} />;
}

interface LandlinesProps {
  area: string;
  value: string[];
  onChange: (value: string[]) => void;
  errors: FormErrors;
  disabled?: boolean;
  /** Where the form keeps them. */
  path?: string;
}

/** The landline numbers, rung in this order (PEOPLE-04, CALL-09). */
export function LandlineFields({ area, value, onChange, errors, disabled, path = "landlines" }: LandlinesProps) {
  return (
    <div className={css.three}>
      {Array.from({ length: landlineCount }, (_, i) => (
        <NumberField
          key={i}
          area={area}
          label={t("person.landline_n", { n: i + 1 })}
          value={value[i] ?? ""}
          disabled={disabled}
          error={errors[`${path}.${i}`] ?? (i === 0 ? errors[path] : undefined)}
          onChange={(e) => onChange(value.map((n, at) => (at === i ? e.currentTarget.value : n)))}
        />
      ))}
    </div>
  );
}

interface FloorsProps {
  value: string[];
  onChange: (value: string[]) => void;
  error?: ReactNode;
  disabled?: boolean;
  /** How many may be chosen; offices have ten (PEOPLE-29). */
  most?: number;
  help?: string;
}

/** Which floors the lift goes to with a person: single ones, or all (SITE-28). */
export function FloorsField({ value, onChange, error, disabled, most, help }: FloorsProps) {
  const all = value.includes(allFloors);
  return (
    <MultiSelect
      label={t("person.floors")}
      description={help}
      data={[{ value: allFloors, label: t("person.floors_all") }, ...everyFloor()]}
      value={value}
      placeholder={value.length === 0 ? t("person.floors_none") : undefined}
      onChange={(now) => onChange(floorsAfter(value, now))}
      disabled={disabled}
      maxValues={all ? undefined : most}
      searchable
      clearable
      hidePickedOptions
      maxDropdownHeight={220}
      nothingFoundMessage={t("person.floors_range")}
      error={error}
    />
  );
}

/** The most characters of a remark. */
const longestRemark = 255;

/** A remark, with what is left of its length. */
export function RemarkField({ value = "", ...props }: { value?: string; onChange: (e: React.ChangeEvent<HTMLTextAreaElement>) => void; error?: ReactNode; disabled?: boolean }) {
  return (
    <Textarea
      label={t("person.remark")}
      description={t("person.remark_left", { n: value.length, most: longestRemark })}
      inputWrapperOrder={["label", "input", "description", "error"]}
      autosize
      minRows={2}
      maxRows={6}
      maxLength={longestRemark}
      value={value}
      {...props}
    />
  );
}
