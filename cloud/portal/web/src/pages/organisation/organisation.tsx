import { Select, Stack, Switch, Tabs, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useEffect, useMemo } from "react";
import { useMe } from "../../api/account";
import { useOrgForm, useSaveOrgForm, type FormName, type FormValues } from "../../api/orgs";
import { FormEnd, useSending } from "../../parts/form";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { ZoneSelect } from "../../parts/zones";
import { t, type Key } from "../../text/t";
import css from "../orgs/orgs.module.css";

const names: FormName[] = ["service", "support", "billing", "time", "app"];
const required: Partial<Record<FormName, string[]>> = { support: ["phone", "email"], billing: ["company", "attn", "phone", "email"], time: ["time_zone", "date_format"] };
const formats = ["YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY"];

/** The forms of the organisation. */
export default function Organisation() {
  const { data: me } = useMe();
  const shown = names.filter((n) => n !== "app" || me?.org.kind === "installer" || me?.role === "operator");
  return (
    <Page title={t("form.title")} under={me && <span>{me.org.name}</span>}>
      <Panel>
        <Tabs defaultValue="service" keepMounted={false}>
          <Tabs.List aria-label={t("form.title")} mb="md">
            {shown.map((n) => (
              <Tabs.Tab key={n} value={n}>
                {t(`form.${n}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {shown.map((n) => (
            <Tabs.Panel key={n} value={n}>
              <OneForm name={n} />
            </Tabs.Panel>
          ))}
        </Tabs>
      </Panel>
    </Page>
  );
}

function OneForm({ name }: { name: FormName }) {
  const form = useOrgForm(name);
  if (!form.data) return form.isError ? <Failed error={form.error} again={() => void form.refetch()} /> : <SkeletonRows />;
  return (
    <div className={css.narrow}>
      <p className={css.lead}>{t(`form.${name}_lead`)}</p>
      <Fields key={name} name={name} stored={form.data} />
    </div>
  );
}

function Fields({ name, stored }: { name: FormName; stored: FormValues }) {
  const save = useSaveOrgForm(name);
  const form = useForm<FormValues>({ mode: "controlled", initialValues: stored });
  const clean = !form.isDirty();
  useEffect(() => {
    // What somebody else saved is shown as long as nothing was typed; after that the conflict asks.
    if (!clean) return;
    form.setInitialValues(stored);
    form.setValues(stored);
  }, [stored.revision]);
  const sending = useSending(form, async (v) => {
    const saved = await save.mutateAsync(v);
    notifications.show({ message: t("form.saved"), color: "teal" });
    return saved;
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        {Object.keys(stored).map((key) => {
          if (key === "revision") return null;
          const needed = required[name]?.includes(key);
          if (typeof stored[key] === "boolean") return <Switch key={key} label={t(`form.${key}` as Key)} {...form.getInputProps(key, { type: "checkbox" })} />;
          if (key === "time_zone") return <ZoneSelect key={key} description={undefined} current={String(form.getValues()[key])} withAsterisk={needed} {...form.getInputProps(key)} />;
          if (key === "date_format")
            return <Select key={key} label={t("form.date_format")} data={formats} allowDeselect={false} withAsterisk={needed} {...form.getInputProps(key)} />;
          if (key === "country") return <CountrySelect key={key} {...form.getInputProps(key)} />;
          const label = name === "billing" && key === "company" ? t("form.company_billing") : t(`form.${key}` as Key);
          const help = key === "phone" || key === "fax" ? t("form.phone_help") : undefined;
          return <TextInput key={key} label={label} description={help} type={typeOf(key)} withAsterisk={needed} {...form.getInputProps(key)} />;
        })}
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("act.save")} />
      </Stack>
    </form>
  );
}

function CountrySelect({ value, onChange, ...rest }: { value?: string; onChange?: (code: string) => void }) {
  const data = useMemo(countries, []);
  return <Select label={t("form.country")} data={data} searchable clearable={Boolean(value)} {...rest} value={value || null} onChange={(code) => onChange?.(code ?? "")} />;
}

const typeOf = (key: string) => ({ phone: "tel", fax: "tel", email: "email", website: "url" })[key] ?? "text";

const codes =
  "AD AE AF AG AI AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PS PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VN VU WS YE ZA ZM ZW";

/** Countries by the name that the browser has for them. */
function countries() {
  const names = new Intl.DisplayNames(undefined, { type: "region" });
  return codes
    .split(" ")
    .map((value) => ({ value, label: names.of(value) ?? value }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
