import { Select, Switch } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useBuildings } from "../../api/buildings";
import type { Capability, DeviceDraft } from "../../api/devices";
import { Transfer } from "../../parts/transfer";
import { t } from "../../text/t";
import { hasField, offersOffline, type DevicePlace } from "../../words/deviceform";
import { DirectoryForm } from "./directory";
import { ability } from "./gate";
import { options } from "./parts";
import { FieldError, Section } from "./section";

interface DoorProps {
  site: string;
  form: UseFormReturnType<DeviceDraft>;
  place: DevicePlace;
  abilities: Capability[] | undefined;
  /** Whether the offline solution is enabled. */
  offline: boolean;
}

/** What a door phone or an access terminal lets people do: watch it, control it, hold it open; and what it shows. */
export function DoorForm({ site, form: f, place, abilities, offline }: DoorProps) {
  const has = (field: Parameters<typeof hasField>[0]) => hasField(field, f.values.type, place);
  const internet = has("internet") && offersOffline(offline, f.values.no_internet);
  const any = has("monitoring") || internet || has("hold_open") || has("contact_display");
  return (
    <>
      {any && (
        <Section title={t("dev.use")}>
          {has("monitoring") && <Inverted form={f} field="no_monitoring" label={t("dev.monitoring")} help={t("dev.monitoring_help")} />}
          {internet && <Inverted form={f} field="no_internet" label={t("dev.internet")} help={t("dev.internet_help")} />}
          {has("hold_open") && <Switch label={t("dev.hold_open")} description={t("dev.hold_open_help")} {...f.getInputProps("hold_open", { type: "checkbox" })} />}
          {has("contact_display") && (
            <Select
              label={t("dev.contact_display")}
              data={(["numbers", "all"] as const).map((value) => ({ value, label: t(`dev.display_${value}`) }))}
              {...f.getInputProps("contact_display")}
            />
          )}
        </Section>
      )}
      {has("buildings") && <Scope site={site} form={f} />}
      {has("directory") && f.values.id && <DirectoryForm site={site} form={f} ability={ability(abilities, "directory")} />}
    </>
  );
}

/** A switch for what the API names by its opposite, because it is on by default. */
function Inverted({ form: f, field, label, help }: { form: UseFormReturnType<DeviceDraft>; field: "no_monitoring" | "no_internet"; label: string; help: string }) {
  const input = f.getInputProps(field, { type: "checkbox" });
  return <Switch {...input} label={label} description={help} checked={!f.values[field]} onChange={(e) => f.setFieldValue(field, !e.currentTarget.checked)} />;
}

/** Whose residents may control a device of the community's public area: everybody's, or those of chosen buildings (DEV-13). */
function Scope({ site, form: f }: { site: string; form: UseFormReturnType<DeviceDraft> }) {
  const buildings = useBuildings(site);
  const chosen = f.values.buildings;
  // Nothing chosen yet and all buildings are the same to the API: which of both is meant is the form's own.
  const all = !f.values.chosen_buildings;
  const errors = Object.entries(f.errors).filter(([path]) => path.startsWith("buildings"));
  return (
    <Section title={t("dev.scope")} help={t("dev.scope_help")}>
      <Switch
        label={t("dev.scope_all")}
        checked={all}
        onChange={(e) => f.setValues({ chosen_buildings: !e.currentTarget.checked, buildings: [] })}
      />
      {!all && (
        <Transfer
          label={t("dev.scope")}
          data={options(buildings.data, (b) => b.id, (b) => b.name)}
          value={chosen}
          onChange={(list) => f.setFieldValue("buildings", list)}
        />
      )}
      <FieldError error={errors[0]?.[1]} at={errors[0]?.[0] ?? ""} />
    </Section>
  );
}
