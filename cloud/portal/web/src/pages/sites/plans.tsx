import { Button, Collapse, Radio } from "@mantine/core";
import { IconCheck, IconMinus } from "@tabler/icons-react";
import { useId, useState } from "react";
import type { SitePlan } from "../../api/sites";
import { t, word, type Key } from "../../text/t";
import { fieldLabel, type PartProps, type SiteFormOf } from "./fields";
import css from "./sites.module.css";

/** A choice between a few things that want a sentence each. */
export function Cards({ form, field, values, under, disabled }: { form: SiteFormOf; field: "plan" | "variant"; values: readonly string[]; under?: string; disabled?: boolean }) {
  return (
    <Radio.Group label={fieldLabel(field)} description={under} {...form.getInputProps(field)}>
      <div className={css.cards}>
        {values.map((v) => (
          <Radio.Card key={v} value={v} className={css.choice} disabled={disabled} aria-label={t(`siteform.${field}_${v}` as Key)}>
            <Radio.Indicator disabled={disabled} />
            <span>
              <strong>{t(`siteform.${field}_${v}` as Key)}</strong>
              <span className={css.choiceHelp}>{t(`siteform.${field}_${v}_help` as Key)}</span>
            </span>
          </Radio.Card>
        ))}
      </div>
    </Radio.Group>
  );
}

/** The feature plan of a community, with what the plans grant side by side (SITE-10, SITE-11). */
export function PlanField({ form, options }: PartProps) {
  const [open, setOpen] = useState(false);
  const table = useId();
  return (
    <div>
      <Cards form={form} field="plan" values={options.plans.map((p) => p.plan)} />
      <Button variant="subtle" size="compact-sm" mt={8} aria-expanded={open} aria-controls={table} onClick={() => setOpen(!open)}>
        {t(open ? "siteform.plan_close" : "siteform.plan_read")}
      </Button>
      <Collapse expanded={open} id={table}>
        <Comparison plans={options.plans} />
      </Collapse>
    </div>
  );
}

function Comparison({ plans }: { plans: SitePlan[] }) {
  const powers = [...new Set(plans.flatMap((p) => [...p.powers.granted, ...p.powers.withheld]))];
  const rows: { key: string; text: string; of: (p: SitePlan) => boolean }[] = [
    ...powers.map((power) => ({ key: power, text: word("power", power), of: (p: SitePlan) => p.powers.granted.includes(power) })),
    { key: "monitor", text: t("siteform.plan_monitor"), of: (p) => p.wants_monitor },
    { key: "landline", text: t("siteform.plan_landline"), of: (p) => p.landline },
  ];
  return (
    <table className={css.plans}>
      <thead>
        <tr>
          <th scope="col">{t("siteform.plan_can")}</th>
          {plans.map((p) => (
            <th key={p.plan} scope="col">
              {word("siteform", `plan_${p.plan}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((r) => (
          <tr key={r.key}>
            <th scope="row">{r.text}</th>
            {plans.map((p) => (
              <td key={p.plan} data-on={r.of(p) || undefined}>
                {r.of(p) ? <IconCheck size={14} aria-hidden /> : <IconMinus size={14} aria-hidden />} {t(r.of(p) ? "siteform.plan_yes" : "siteform.plan_no")}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
