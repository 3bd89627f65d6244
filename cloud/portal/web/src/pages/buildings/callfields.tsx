import { Button, Checkbox, Select } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import formCSS from "../../parts/form.module.css";
import { t, word } from "../../text/t";
import { callTypes, callTypeWords, elsewhere, mostSets, roomForSet, targets, withTarget } from "../../words/homes";
import { marksAt, type ApartmentFieldsProps, type FormOfApartment } from "./apartmentfields";
import { Marks } from "./marks";
import css from "./buildings.module.css";

const contacts = ["group", "sequence"] as const;
const paths = ["ip", "sip"] as const;

/** Who rings and how: all by the call type, or set after set (CALL-01, CALL-02, CALL-06, CALL-07). */
export function CallFields(props: ApartmentFieldsProps) {
  const { form } = props;
  const { contact, sets } = form.values;
  const choose = (to: string | null) => {
    form.setFieldValue("contact", to === "sequence" ? "sequence" : "group");
    if (to === "sequence" && sets.length === 0) form.setFieldValue("sets", [[]]);
  };
  return (
    <fieldset className={formCSS.group}>
      <legend>{t("homes.calls")}</legend>
      <Select
        label={t("homes.contact")}
        data={contacts.map((value) => ({ value, label: t(`homes.contact_${value}`) }))}
        {...form.getInputProps("contact")}
        onChange={choose}
      />
      <Marks of={marksAt(props, "contact")} />
      {contact === "sequence" ? (
        <Sets form={form} />
      ) : (
        <Select
          label={t("homes.call_type")}
          data={callTypes.map((n) => ({ value: String(n), label: callTypeWords(n) }))}
          {...form.getInputProps("call_type")}
          value={String(form.values.call_type)}
          onChange={(n) => form.setFieldValue("call_type", Number(n))}
        />
      )}
      <Select
        label={t("apartments.path")}
        data={paths.map((value) => ({ value, label: t(`apartments.path_${value}`) }))}
        {...form.getInputProps("call_path")}
      />
    </fieldset>
  );
}

/** Up to three sets; what one rings no other rings again. */
function Sets({ form }: { form: FormOfApartment }) {
  const { sets } = form.values;
  const put = (at: number, target: string, on: boolean) => {
    form.setFieldValue("sets", sets.map((set, i) => (i === at ? withTarget(set, target, on) : set)));
    form.clearFieldError(`sets.${at}`);
  };
  return (
    <div className={css.sets} role="group" aria-label={t("homes.sets")}>
      <span className={css.help}>{t("homes.sets_help")}</span>
      {sets.map((set, i) => (
        <fieldset key={i} className={css.set} data-path={`sets.${i}`}>
          <legend>{t("homes.set_n", { n: i + 1 })}</legend>
          <div className={css.ticks}>
            {targets.map((x) => (
              <Checkbox
                key={x}
                label={word("homes", `target_${x}`)}
                checked={set.includes(x)}
                disabled={elsewhere(sets, i, x)}
                onChange={(e) => put(i, x, e.currentTarget.checked)}
              />
            ))}
          </div>
          {form.errors[`sets.${i}`] && <span className={css.error} role="alert">{form.errors[`sets.${i}`]}</span>}
        </fieldset>
      ))}
      {form.errors["sets"] && <span className={css.error} role="alert">{form.errors["sets"]}</span>}
      <div className={css.setActs}>
        {roomForSet(sets) && (
          <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => form.setFieldValue("sets", [...sets, []])}>
            {t("homes.set_add", { n: sets.length + 1, most: mostSets })}
          </Button>
        )}
        {sets.length > 1 && (
          <Button variant="subtle" color="gray" size="compact-sm" onClick={() => form.setFieldValue("sets", sets.slice(0, -1))}>
            {t("homes.set_remove", { n: sets.length })}
          </Button>
        )}
      </div>
    </div>
  );
}
