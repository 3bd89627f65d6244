import { ActionIcon, Autocomplete, Button, NumberInput, Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { ApartmentDraft, Capability } from "../../api/apartments";
import type { Tree } from "../../api/tree";
import formCSS from "../../parts/form.module.css";
import { t } from "../../text/t";
import { asksFor, floorNames, marksOf, mostHandsets } from "../../words/homes";
import { Marks } from "./marks";
import css from "./buildings.module.css";

export type FormOfApartment = UseFormReturnType<ApartmentDraft>;

export interface ApartmentFieldsProps {
  form: FormOfApartment;
  /** What the firmware of the devices that serve it can do; nothing while that is not known. */
  abilities?: Capability[];
}

/** What devices cannot do of a field, as it stands now. */
export function marksAt({ form, abilities }: ApartmentFieldsProps, field: "number" | "floor" | "contact"): Capability[] {
  return asksFor(form.values).filter((a) => a.field === field).flatMap((a) => marksOf(abilities, a.feature));
}

/** Where the apartment is and what a visitor dials. */
export function PlaceFields({ buildings, ...props }: ApartmentFieldsProps & { buildings: Tree["buildings"] }) {
  const { form } = props;
  return (
    <fieldset className={formCSS.group}>
      <div className={formCSS.two}>
        <TextInput label={t("apartments.number")} description={t("apartments.number_help")} data-autofocus autoComplete="off" {...form.getInputProps("number")} />
        <Autocomplete label={t("apartments.floor")} description={t("homes.floor_help")} data={[...floorNames]} limit={12} autoComplete="off" {...form.getInputProps("floor")} />
      </div>
      <Marks of={marksAt(props, "number")} />
      <Marks of={marksAt(props, "floor")} />
      <div className={formCSS.two}>
        <TextInput label={t("apartments.name")} autoComplete="off" {...form.getInputProps("name")} />
        {(buildings.length > 1 || form.errors["building_id"]) && (
          <Select
            label={t("apartments.building")}
            searchable={buildings.length > 8}
            data={buildings.map((b) => ({ value: b.id, label: b.name }))}
            {...form.getInputProps("building_id")}
            value={form.values.building_id || null}
          />
        )}
      </div>
    </fieldset>
  );
}

/** What the door phone does beside: its web relay, and the analog handsets behind it (DEV-26, DEV-27). */
export function HandsetFields({ form }: { form: FormOfApartment }) {
  const list = form.values.handsets;
  return (
    <fieldset className={formCSS.group}>
      <legend>{t("homes.more")}</legend>
      <NumberInput
        label={t("homes.web_relay")}
        description={t("homes.web_relay_help")}
        min={0}
        max={999}
        clampBehavior="none"
        allowDecimal={false}
        maw={280}
        {...form.getInputProps("web_relay")}
      />
      <div className={css.handsets} role="group" aria-label={t("homes.handsets")}>
        <span className={css.legend}>{t("homes.handsets")}</span>
        <span className={css.help}>{t("homes.handsets_help")}</span>
        {list.map((_, i) => (
          <div key={i} className={css.handset}>
            <TextInput aria-label={t("homes.handset_name", { n: i + 1 })} placeholder={t("homes.handset_name_short")} autoComplete="off" {...form.getInputProps(`handsets.${i}.name`)} />
            <TextInput
              aria-label={t("homes.handset_number", { n: i + 1 })} placeholder={t("homes.handset_number_short")} inputMode="numeric" autoComplete="off"
              {...form.getInputProps(`handsets.${i}.number`)}
            />
            <ActionIcon variant="subtle" color="gray" aria-label={t("homes.handset_remove", { n: i + 1 })} onClick={() => form.removeListItem("handsets", i)}>
              <IconTrash size={16} />
            </ActionIcon>
          </div>
        ))}
        {list.length < mostHandsets && (
          <Button
            className={css.add} variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => form.insertListItem("handsets", { name: "", number: "" })}
          >
            {t("homes.handset_add")}
          </Button>
        )}
        {form.errors["handsets"] && <span className={css.error}>{form.errors["handsets"]}</span>}
      </div>
    </fieldset>
  );
}
