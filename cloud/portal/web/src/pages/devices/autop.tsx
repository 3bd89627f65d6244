import { Button, Group, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useAutoP, useKeepAutoP, useOrderAutoP, usePair, type AutoP, type AutoPOrder } from "../../api/autop";
import { asProblem, forForm } from "../../api/problem";
import type { Device } from "../../api/types";
import { useSending } from "../../parts/form";
import { Facts, Failed, Notice, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { moment } from "../../parts/time";
import { useNow, When } from "../../parts/when";
import { t, word } from "../../text/t";
import { autopTone } from "../../words/autop";
import css from "./devices.module.css";

/** What is added to the settings of a device in the words of its maker, and how far it got (AUTOP-07). */
export function AutoPPanel({ site, device, zone }: { site: string; device: Device; zone: string | undefined }) {
  const sheet = useAutoP(site, device.id);
  return (
    <Panel title={t("autop.title")}>
      {!sheet.data && (sheet.isError ? <Failed error={sheet.error} again={() => void sheet.refetch()} /> : <SkeletonRows n={3} />)}
      {sheet.data && <Sheet key={sheet.data.revision} site={site} device={device} zone={zone} sheet={sheet.data} />}
    </Panel>
  );
}

function Sheet({ site, device, zone, sheet }: { site: string; device: Device; zone: string | undefined; sheet: AutoP }) {
  const form = useForm({ initialValues: { text: sheet.text, revision: sheet.revision } });
  const keep = useKeepAutoP(site, device.id);
  const order = useOrderAutoP(site, device.id);
  const [refusal, setRefusal] = useState("");
  const { submit, busy, rest } = useSending(form, (values) => keep.mutateAsync(values));
  const once = async () => {
    form.clearErrors();
    setRefusal("");
    try {
      await order.mutateAsync(form.getValues().text);
      form.setFieldValue("text", sheet.text);
    } catch (err) {
      const { fields, rest: other } = forForm(asProblem(err), (path) => path === "text");
      form.setErrors(fields);
      setRefusal(other);
    }
  };
  return (
    <>
      <form onSubmit={submit} noValidate>
        <Textarea
          label={t("autop.others")} description={t("autop.others_help")} autosize minRows={3} maxRows={14} spellCheck={false} classNames={{ input: "mono" }}
          {...form.getInputProps("text")}
        />
        {(rest || refusal) && <Notice tone="bad">{rest || refusal}</Notice>}
        <Group justify="flex-end" gap="xs" mt="sm">
          <Button variant="default" loading={order.isPending} onClick={once} title={t("autop.once_help")}>
            {t("autop.once")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("autop.submit")}
          </Button>
        </Group>
      </form>
      <div className={css.autopFacts} />
      <Facts
        rows={[
          [t("autop.standing"), sheet.text ? <Standing state={sheet.state} refused={sheet.refused} /> : "–"],
          [t("autop.pairing"), <Pairing site={site} device={device.id} zone={zone} until={sheet.pair_until} />],
        ]}
      />
      {sheet.orders.length > 0 && (
        <>
          <h3 className={css.autopHead}>{t("autop.orders")}</h3>
          <ul className={css.autopOrders}>
            {sheet.orders.map((o) => (
              <Order key={o.id} of={o} zone={zone} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Order({ of, zone }: { of: AutoPOrder; zone: string | undefined }) {
  return (
    <li>
      <pre className="mono">{of.text}</pre>
      <Standing state={of.state} refused={of.refused} />
      <span className="soft">
        <When at={of.ended_at ?? of.created_at} zone={zone} />
      </span>
    </li>
  );
}

function Standing({ state, refused }: { state: string; refused: string[] }) {
  return (
    <span>
      <State tone={autopTone(state)} word={word("autop", `state_${state}`)} />
      {state === "refused" && (
        <span className={css.autopWhy}>{refused.length > 0 ? t("autop.refused", { settings: refused.join(", ") }) : t("autop.refused_all")}</span>
      )}
    </span>
  );
}

function Pairing({ site, device, zone, until }: { site: string; device: string; zone: string | undefined; until?: string }) {
  const pair = usePair(site, device);
  const now = useNow();
  return (
    <span>
      <span className={css.secret}>
        {until ? (
          <span>{t("autop.pairing_open", { time: moment(new Date(until), now, zone) })}</span>
        ) : (
          t("autop.pairing_closed")
        )}
        <Button size="compact-sm" variant="default" loading={pair.isPending} onClick={() => pair.mutate()}>
          {t("autop.pair")}
        </Button>
      </span>
      {pair.isError && <Notice tone="bad">{asProblem(pair.error).message}</Notice>}
      <span className={css.autopWhy}>{t("autop.pairing_help")}</span>
    </span>
  );
}
