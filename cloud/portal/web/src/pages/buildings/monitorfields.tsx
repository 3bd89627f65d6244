import { Select, Switch, TextInput } from "@mantine/core";
import { useGroups } from "../../api/groups";
import formCSS from "../../parts/form.module.css";
import { t } from "../../text/t";
import type { FormOfApartment } from "./apartmentfields";
import css from "./buildings.module.css";

/** The first monitor, which the Basic plan wants in every apartment (DEV-32). */
export function MonitorFields({ site, form }: { site: string; form: FormOfApartment }) {
  const groups = useGroups(site).data ?? [];
  const relays = form.values.monitor?.built_in ?? [];
  return (
    <fieldset className={formCSS.group}>
      <legend>{t("homes.monitor")}</legend>
      <span className={css.help}>{t("homes.monitor_help")}</span>
      <div className={formCSS.two}>
        <TextInput label={t("homes.monitor_mac")} description={t("device.mac_help")} autoComplete="off" {...form.getInputProps("monitor.mac")} />
        <TextInput label={t("homes.monitor_name")} autoComplete="off" {...form.getInputProps("monitor.name")} />
        <Select
          label={t("device.group")}
          data={groups.map((g) => ({ value: g.id, label: g.name }))}
          placeholder={groups.length === 1 ? groups[0]!.name : undefined}
          {...form.getInputProps("monitor.group_id")}
          value={form.values.monitor?.group_id || (groups.length === 1 ? groups[0]!.id : null)}
        />
      </div>
      {form.errors["monitor"] && <span className={css.error} role="alert">{form.errors["monitor"]}</span>}
      <Switch label={t("homes.arming")} description={t("homes.arming_help")} {...form.getInputProps("monitor.arming", { type: "checkbox" })} />
      {relays.map((r, i) => (
        <div key={r.number} className={css.relay}>
          <Switch label={t("homes.relay_n", { n: r.number })} {...form.getInputProps(`monitor.built_in.${i}.on`, { type: "checkbox" })} />
          {r.on && <TextInput aria-label={t("homes.relay_name", { n: r.number })} placeholder={t("homes.relay_name_short")} autoComplete="off" {...form.getInputProps(`monitor.built_in.${i}.name`)} />}
        </div>
      ))}
    </fieldset>
  );
}
