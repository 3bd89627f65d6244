import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useCompanyNames } from "../../api/companies";
import { useDepartmentNames } from "../../api/departments";
import { useHomesLike } from "../../api/people";
import { t } from "../../text/t";
import type { FormOfPerson } from "./personfields";

/** What a home is called in a list: its building where there is one, its number, its name. */
export function homeWords(home: { building: string; number: string; name: string } | undefined): string {
  return home ? [home.building, home.number, home.name].filter(Boolean).join(" · ") : "";
}

interface PlaceProps {
  site: string;
  form: FormOfPerson;
  disabled?: boolean;
}

/** The home of a resident, found by its number, its name or its people: a site may have thousands. */
export function HomeField({ site, form, disabled, names }: PlaceProps & { names: Map<string, string> }) {
  const [typed, setTyped] = useState("");
  const [words] = useDebouncedValue(typed, 200);
  const chosen = form.values.apartment_id;
  const label = names.get(chosen) ?? "";
  // What stands in the box after choosing is no search.
  const homes = useHomesLike(site, words === label ? "" : words, !disabled);
  for (const h of homes.data ?? []) names.set(h.id, homeWords(h));
  const data = [...new Set([...(chosen ? [chosen] : []), ...(homes.data ?? []).map((h) => h.id)])].map((id) => ({ value: id, label: names.get(id) ?? t("person.home_unknown") }));
  return (
    <Select
      label={t("people.apartment")}
      data={data}
      searchable
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={t("person.home_none")}
      autoComplete="off"
      disabled={disabled}
      {...form.getInputProps("apartment_id")}
      value={chosen || null}
      onChange={(id) => form.setFieldValue("apartment_id", id ?? "")}
    />
  );
}

/** The department of an office user; its floors are taken over while nobody chose others (PEOPLE-29). */
export function DepartmentField({ site, form, disabled }: PlaceProps) {
  const departments = useDepartmentNames(site, true);
  const of = (id: string) => departments.data?.find((d) => d.id === id)?.floors ?? [];
  const choose = (id: string) => {
    const { floors, department_id } = form.values;
    const untouched = floors.length === 0 || floors.join() === of(department_id).join();
    form.setFieldValue("department_id", id);
    if (untouched) form.setFieldValue("floors", of(id));
  };
  return (
    <Select
      label={t("person.department")}
      data={(departments.data ?? []).map((d) => ({ value: d.id, label: d.name }))}
      searchable
      autoComplete="off"
      disabled={disabled}
      nothingFoundMessage={t("person.department_none")}
      {...form.getInputProps("department_id")}
      value={form.values.department_id || null}
      onChange={(id) => choose(id ?? "")}
    />
  );
}

/** The company of somebody who works at a commercial site; a single-company site has one, which need not be chosen. */
export function CompanyField({ site, form, disabled }: PlaceProps) {
  const companies = useCompanyNames(site, true);
  if (companies.data?.length === 1 && !form.errors["company_id"]) return null;
  return (
    <Select
      label={t("person.company")}
      data={(companies.data ?? []).map((c) => ({ value: c.id, label: c.name }))}
      searchable
      autoComplete="off"
      disabled={disabled}
      nothingFoundMessage={t("person.company_none")}
      {...form.getInputProps("company_id")}
      value={form.values.company_id || null}
      onChange={(id) => form.setFieldValue("company_id", id ?? "")}
    />
  );
}
