import { Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useCities, useCountries, useStates, type Place } from "../api/places";
import { t } from "../text/t";
import css from "./form.module.css";

type Address = Required<Place>;

/** How many of a long list are drawn at once; typing narrows it. */
const drawn = 80;

/** The five parts of an address: country, state and city from the catalogue, each narrowing the next (SITE-08); none is mandatory. */
export function AddressFields<V extends Address>({ form }: { form: UseFormReturnType<V> }) {
  const { country, state, city } = form.getValues();
  const countries = useCountries();
  const states = useStates(country);
  const cities = useCities(country, state);
  const set = (part: Partial<Address>) => form.setValues(part as Partial<V>);
  const wantsState = country !== "" && states.data?.length !== 0 && state === "";
  const picker = { searchable: true, clearable: true, limit: drawn, maxDropdownHeight: 260, nothingFoundMessage: t("place.none"), autoComplete: "off" };
  return (
    <>
      <div className={css.two}>
        <Select
          label={t("place.country")}
          data={(countries.data ?? []).map((c) => ({ value: c.code, label: c.name }))}
          {...picker}
          {...form.getInputProps("country")}
          value={country || null}
          onChange={(v) => set({ country: v ?? "", state: "", city: "" })}
        />
        <Select
          label={t("place.state")}
          data={(states.data ?? []).map((s) => ({ value: s.code, label: s.name }))}
          disabled={country === "" || states.data?.length === 0}
          {...picker}
          {...form.getInputProps("state")}
          value={state || null}
          onChange={(v) => set({ state: v ?? "", city: "" })}
        />
        <Select
          label={t("place.city")}
          data={[...new Set([city, ...(wantsState ? [] : (cities.data ?? []))])].filter(Boolean)}
          disabled={country === "" || wantsState}
          description={wantsState ? t("place.state_first") : undefined}
          {...picker}
          {...form.getInputProps("city")}
          value={city || null}
          onChange={(v) => set({ city: v ?? "" })}
        />
        <TextInput label={t("place.post_code")} autoComplete="off" {...form.getInputProps("post_code")} />
      </div>
      <TextInput label={t("place.street")} autoComplete="off" {...form.getInputProps("street")} />
    </>
  );
}
