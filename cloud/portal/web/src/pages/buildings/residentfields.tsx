import { TextInput } from "@mantine/core";
import formCSS from "../../parts/form.module.css";
import { t } from "../../text/t";
import { CountryField, errorAt, FloorsField, LandlineFields, LanguageField, NumberField, RemarkField, useArea } from "../people/fields";
import type { FormOfApartment } from "./apartmentfields";
import css from "./buildings.module.css";

/** Who moves into a new apartment and becomes its family master (PEOPLE-13); left empty, nobody lives there yet. */
export function ResidentFields({ form }: { form: FormOfApartment }) {
  const resident = form.values.resident!;
  const area = useArea(resident.form.country);
  const text = (field: string) => ({ autoComplete: "off", ...form.getInputProps(`resident.${field}`) });
  return (
    <fieldset className={formCSS.group}>
      <legend>{t("homes.resident")}</legend>
      <span className={css.help}>{t("homes.resident_help")}</span>
      <div className={formCSS.two}>
        <TextInput label={t("people.first")} {...text("first_name")} />
        <TextInput label={t("people.last")} {...text("last_name")} />
        <TextInput label={t("people.email")} type="email" {...text("email")} />
        <LanguageField {...text("form.language")} />
        <CountryField {...text("form.country")} value={resident.form.country} onChange={(c) => form.setFieldValue("resident.form.country", c ?? "")} />
        <NumberField label={t("person.mobile")} area={area} {...text("phone")} />
      </div>
      <LandlineFields
        area={area}
        value={resident.form.landlines}
        onChange={(numbers) => form.setFieldValue("resident.form.landlines", numbers)}
        errors={form.errors}
        path="resident.form.landlines"
      />
      <FloorsField
        value={resident.form.floors}
        onChange={(floors) => form.setFieldValue("resident.form.floors", floors)}
        error={errorAt(form.errors, "resident.form.floors")}
      />
      <RemarkField {...form.getInputProps("resident.form.remark")} />
    </fieldset>
  );
}
