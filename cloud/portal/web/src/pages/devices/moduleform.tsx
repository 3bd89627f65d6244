import { Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { DeviceDraft } from "../../api/devices";
import { useHomes } from "../../api/homes";
import { useBuildings } from "../../api/buildings";
import { t } from "../../text/t";
import { buttonsOf, takesModule } from "../../words/deviceform";
import form from "./form.module.css";
import { options } from "./parts";
import { FieldError, Section } from "./section";

interface ModuleProps {
  site: string;
  form: UseFormReturnType<DeviceDraft>;
  /** What the device told of itself; empty until it did. */
  told: string;
}

/** The model, while the device has not told its own. */
export function ModelField({ form: f }: { form: UseFormReturnType<DeviceDraft> }) {
  return <TextInput label={t("device.model")} description={t("dev.model_help")} autoComplete="off" spellCheck={false} {...f.getInputProps("model")} />;
}

/** The push-button module of an R20K or R20B: which it is, and what its buttons call (DEV-31). */
export function ModuleForm({ site, form: f, told }: ModuleProps) {
  const model = told || f.values.model;
  if (!takesModule(model) && !f.values.module) return null;
  const set = (module: string | null) => {
    f.setValues({ module: module ?? "", buttons: f.values.buttons.filter((b) => b.button <= buttonsOf(module ?? "")) });
  };
  return (
    <Section title={t("dev.module")} help={t("dev.module_help")}>
      <Select
        label={t("dev.module_type")}
        data={[{ value: "", label: t("dev.module_none") }, "MD06", "MD12"]}
        {...f.getInputProps("module")}
        onChange={set}
      />
      {f.values.module && <Buttons site={site} form={f} />}
      <FieldError error={f.errors["buttons"]} at="buttons" />
    </Section>
  );
}

function Buttons({ site, form: f }: Omit<ModuleProps, "told">) {
  const buildings = useBuildings(site);
  const building = f.values.building_id || buildings.data?.[0]?.id || "";
  const homes = useHomes(site, building);
  const data = [{ value: "", label: t("dev.button_none") }, ...options(homes.data, (h) => h.id, (h) => (h.name ? `${h.number} · ${h.name}` : h.number))];
  const set = (button: number, apartment: string) => {
    const others = f.values.buttons.filter((b) => b.button !== button);
    f.setFieldValue("buttons", apartment ? [...others, { button, apartment_id: apartment }].sort((a, b) => a.button - b.button) : others);
  };
  return (
    <div className={form.buttons}>
      {Array.from({ length: buttonsOf(f.values.module) }, (_, i) => i + 1).map((n) => {
        const i = f.values.buttons.findIndex((b) => b.button === n);
        return (
          <Select
            key={n}
            label={t("dev.button", { n })}
            data={data}
            searchable={data.length > 8}
            limit={100}
            value={f.values.buttons[i]?.apartment_id ?? ""}
            onChange={(id) => set(n, id ?? "")}
            error={i >= 0 && (f.errors[`buttons.${i}.apartment_id`] ?? f.errors[`buttons.${i}.button`])}
          />
        );
      })}
    </div>
  );
}
