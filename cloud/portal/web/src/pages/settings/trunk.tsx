import { Button, Group, MultiSelect, NumberInput, PasswordInput, SegmentedControl, Stack, Switch, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { IconPlus } from "@tabler/icons-react";
import { useId, useState } from "react";
import { useCountries } from "../../api/places";
import { trunkValues, useRemoveTrunk, useSaveTrunk, useTrunk, type Trunk, type TrunkAgent, type TrunkValues } from "../../api/trunk";
import type { Site } from "../../api/types";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { Empty, Failed, Notice, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { When } from "../../parts/when";
import { t, tn, word } from "../../text/t";
import { trunkTone } from "../../words/trunk";
import css from "./trunk.module.css";

/** The telephone line of a site: how it stands with the carrier, what was used today, and the form (CALL-09). */
export function TrunkPanel({ site }: { site: Site }) {
  const trunk = useTrunk(site.id);
  const [making, setMaking] = useState(false);
  const [open, setOpen] = useState(false);
  const now = trunk.data;
  const shown = now && (now.configured ? open : making);
  return (
    <Panel title={t("trunk.title")}>
      <p className="soft" style={{ margin: "0 0 12px", lineHeight: 1.5 }}>
        {t("trunk.help")}
      </p>
      {trunk.isPending && <SkeletonRows n={2} />}
      {trunk.isError && !now && <Failed error={trunk.error} again={() => void trunk.refetch()} />}
      {now?.configured && <Standing site={site} trunk={now} />}
      {now && !now.configured && !making && (
        <Empty
          small
          body={t("trunk.none")}
          act={
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
              {t("trunk.new")}
            </Button>
          }
        />
      )}
      {now?.configured && !open && (
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setOpen(true)}>
            {t("trunk.edit")}
          </Button>
        </Group>
      )}
      {shown && (
        <TrunkForm
          key={String(now.configured)}
          site={site}
          trunk={now}
          done={() => {
            setMaking(false);
            setOpen(false);
          }}
        />
      )}
    </Panel>
  );
}

/** How it stands: one line for each agent, and what keeps landlines from ringing. */
function Standing({ site, trunk }: { site: Site; trunk: Trunk }) {
  const service = site.kind === "commercial" || site.kind === "office" || site.form.landline || site.form.premium;
  const used = trunk.agents.reduce((n, a) => n + a.minutes, 0);
  return (
    <Stack gap="sm" mb="md">
      {trunk.enabled && !service && <Notice tone="warn">{t("trunk.no_service")}</Notice>}
      {trunk.enabled && used >= (trunk.limits.alarm_minutes ?? Infinity) && (
        <Notice tone="warn">{t("trunk.alarm", { used, of: trunk.limits.day_minutes ?? 0 })}</Notice>
      )}
      <div className={css.host}>
        <strong className="mono">{trunk.host}</strong>
        <span className="soft">{trunk.user}</span>
      </div>
      {!trunk.enabled && <State tone="off" word={t("trunk.state.off")} />}
      {trunk.enabled && trunk.agents.length === 0 && <State tone="warn" word={t("trunk.untold")} />}
      {trunk.enabled && trunk.agents.map((a) => <AgentLine key={a.agent_id} of={a} alone={trunk.agents.length === 1} limits={trunk.limits} />)}
    </Stack>
  );
}

function AgentLine({ of, alone, limits }: { of: TrunkAgent; alone: boolean; limits: Trunk["limits"] }) {
  return (
    <div className={css.agent} role="group" aria-label={of.name}>
      <div className={css.line}>
        <State tone={trunkTone(of.state)} word={word("trunk.state", of.state)} />
        <span className="soft">
          {!alone && `${of.name} · `}
          <When at={of.since} />
        </span>
      </div>
      {reasonWords(of.reason) && <div className={css.reason}>{reasonWords(of.reason)}</div>}
      <div className="soft">
        {t("trunk.used", { minutes: of.minutes, of: limits.day_minutes ?? 0 })}
        {of.calls > 0 && ` · ${tn("trunk.calls", of.calls)}`}
      </div>
      {of.refusals > 0 && <div>{tn("trunk.refusals", of.refusals, { why: word("trunk.limit", of.refused) })}</div>}
    </div>
  );
}

/** The form of a trunk. */
function TrunkForm({ site, trunk, done }: { site: Site; trunk: Trunk; done: () => void }) {
  const save = useSaveTrunk(site.id);
  const remove = useRemoveTrunk(site.id);
  const countries = useCountries();
  const named = (code: string) => countries.data?.find((c) => c.code === code)?.name ?? code;
  const form = useForm<TrunkValues>({ mode: "controlled", initialValues: beginWith(trunk, site) });
  const sending = useSending(form, async (values) => {
    await save.mutateAsync(values);
    notifications.show({ message: t("trunk.saved"), color: "teal" });
    done();
  }, {
    countries: (codes) => codes.map(named).join(", "),
    transport: { label: t("trunk.transport"), value: (v) => v.toUpperCase() },
    password: () => t("trunk.password_hidden"),
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <Switch label={t("trunk.enabled")} {...form.getInputProps("enabled", { type: "checkbox" })} />
        <Carrier form={form} kept={trunk.has_password} />
        <TextInput label={t("trunk.caller_id")} description={t("trunk.caller_id_help")} autoComplete="off" placeholder="+49301234567" {...form.getInputProps("caller_id")} />
        <h3 className={css.part}>{t("trunk.limits")}</h3>
        <MultiSelect
          label={t("trunk.countries")}
          description={t("trunk.countries_help")}
          data={(countries.data ?? []).map((c) => ({ value: c.code, label: c.name }))}
          searchable
          limit={100}
          {...form.getInputProps("countries")}
        />
        <div className={css.two}>
          {(["calls", "call_minutes", "day_minutes", "alarm_minutes"] as const).map((f) => (
            <NumberInput key={f} label={t(`trunk.${f}`)} min={1} allowDecimal={false} allowNegative={false} {...form.getInputProps(f)} />
          ))}
        </div>
        <p className="soft" style={{ margin: 0, lineHeight: 1.5 }}>
          {t("trunk.limits_help")}
        </p>
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={t(trunk.configured ? "act.save" : "trunk.new")}
          cancel={done}
          left={
            trunk.configured && (
              <Remove
                of={{ id: site.id, revision: trunk.revision }}
                act={t("trunk.delete")}
                body={t("trunk.delete_ask", { host: trunk.host })}
                onRemove={async (seen) => {
                  await remove.mutateAsync(seen);
                  done();
                }}
              />
            )
          }
        />
      </Stack>
    </form>
  );
}

/** A new trunk begins with the country of the site. */
function beginWith(trunk: Trunk, site: Site): TrunkValues {
  const values = trunkValues(trunk);
  if (!trunk.configured && site.address.country && values.countries.length === 0) values.countries = [site.address.country];
  return values;
}

/** Where the carrier is, and how the site proves itself there. */
function Carrier({ form, kept }: { form: UseFormReturnType<TrunkValues>; kept: boolean }) {
  const transport = useId();
  return (
    <>
      <div className={css.where}>
        <TextInput label={t("trunk.host")} description={t("trunk.host_help")} autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} data-autofocus {...form.getInputProps("host")} />
        <NumberInput
          label={t("trunk.port")}
          description={t("trunk.port_help")}
          placeholder={form.values.transport === "tls" ? "5061" : "5060"}
          hideControls
          allowDecimal={false}
          allowNegative={false}
          {...form.getInputProps("port")}
        />
      </div>
      <div>
        <div id={transport} className={css.label}>
          {t("trunk.transport")}
        </div>
        <SegmentedControl aria-labelledby={transport} data={[{ value: "udp", label: "UDP" }, { value: "tls", label: "TLS" }]} {...form.getInputProps("transport")} />
      </div>
      <Switch label={t("trunk.register")} description={t("trunk.register_help")} {...form.getInputProps("register", { type: "checkbox" })} />
      <TextInput label={t("trunk.user")} description={t("trunk.user_help")} autoComplete="off" spellCheck={false} {...form.getInputProps("user")} />
      <PasswordInput
        label={t("trunk.password")}
        description={t(kept ? "trunk.password_kept" : "trunk.password_help")}
        autoComplete="new-password"
        {...form.getInputProps("password")}
      />
    </>
  );
}

/** Why the carrier is not in use: its own answer, which begins with a code, or that its name leads nowhere. That it is silent, the state says. */
function reasonWords(reason: string | undefined): string {
  if (reason === "not found") return t("trunk.not_found");
  return reason && /^\d{3} /.test(reason) ? t("trunk.reason", { reason }) : "";
}
