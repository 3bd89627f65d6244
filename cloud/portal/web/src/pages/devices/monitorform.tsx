import { ActionIcon, Button, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useDeviceOptions, type DeviceDraft, newWire, type ExternalDraft, type ExternalKind } from "../../api/devices";
import { t, word } from "../../text/t";
import { hasField, offersOffline, type DevicePlace } from "../../words/deviceform";
import css from "./devices.module.css";
import form from "./form.module.css";
import { LineForm } from "./lineform";
import { FieldError, Section } from "./section";

interface MonitorProps {
  form: UseFormReturnType<DeviceDraft>;
  place: DevicePlace;
  /** Whether the offline solution is enabled. */
  offline: boolean;
}

/** What an indoor monitor has beside: arming, transferring calls, its own relays and a relay board. */
export function MonitorForm({ form: f, place, offline }: MonitorProps) {
  const has = (field: Parameters<typeof hasField>[0]) => hasField(field, f.values.type, place);
  const transfers = has("works_offline") && offersOffline(offline, f.values.works_offline);
  return (
    <>
      {(has("arming") || transfers) && (
        <Section title={t("dev.monitor")}>
          {has("arming") && <Switch label={t("dev.arming")} description={t("dev.arming_help")} {...f.getInputProps("arming", { type: "checkbox" })} />}
          {transfers && <Switch label={t("dev.works_offline")} description={t("dev.works_offline_help")} {...f.getInputProps("works_offline", { type: "checkbox" })} />}
        </Section>
      )}
      {has("built_in") && <BuiltIn form={f} />}
      {has("external") && <External form={f} />}
    </>
  );
}

const builtIn = [1, 2] as const;

/** The relays inside a monitor (DEV-22). */
function BuiltIn({ form: f }: { form: UseFormReturnType<DeviceDraft> }) {
  const list = f.values.built_in;
  const put = (number: number, on: boolean) => {
    const i = list.findIndex((r) => r.number === number);
    if (i >= 0) return f.setFieldValue(`built_in.${i}.on`, on);
    f.setFieldValue("built_in", [...list, { number, name: t("dev.relay_n", { n: number }), on }].sort((a, b) => a.number - b.number));
  };
  return (
    <Section title={t("dev.built_in")} help={t("dev.built_in_help")}>
      {builtIn.map((n) => {
        const i = list.findIndex((r) => r.number === n);
        return (
          <div key={n} className={css.two} style={{ alignItems: "end" }}>
            <Switch label={t("dev.relay_on", { n })} checked={i >= 0 && list[i]!.on} onChange={(e) => put(n, e.currentTarget.checked)} mb={8} />
            {i >= 0 && list[i]!.on && <TextInput label={t("dev.relay_name", { n })} {...f.getInputProps(`built_in.${i}.name`)} />}
          </div>
        );
      })}
      <FieldError error={f.errors["built_in"]} at="built_in" />
    </Section>
  );
}

/** A board as it begins: its first mode, its first relay. */
function newBoard(kind: ExternalKind | undefined): ExternalDraft {
  return { type: kind?.type ?? "", mode: kind?.modes[0] ?? "", address: "", port: "", channels: [newChannel(1)], wire: null };
}

const newChannel = (number: number) => ({ number, name: t("dev.relay_n", { n: number }), function: "" });

/** The relay board attached to a monitor: what each type has decides what is offered (EXT-01 to EXT-06). */
function External({ form: f }: { form: UseFormReturnType<DeviceDraft> }) {
  const x = f.values.external;
  const kinds = useDeviceOptions().data?.external_relays ?? [];
  const kind = kinds.find((k) => k.type === x?.type);
  const change = (part: Partial<ExternalDraft>) => x && f.setFieldValue("external", { ...x, ...part });
  const setMode = (mode: string) => change({ mode, ...(mode === "ethernet" ? {} : { address: "", port: "" }) });
  const setType = (type: string) => {
    const next = kinds.find((k) => k.type === type);
    if (!next) return;
    const keeps = next.modes.includes(x?.mode ?? "");
    change({ type, channels: (x?.channels ?? []).filter((c) => c.number <= next.channels), ...(keeps ? {} : { mode: next.modes[0], address: "", port: "" }) });
  };
  return (
    <Section title={t("dev.external")}>
      <Switch label={t("dev.external_on")} checked={x !== null} onChange={(e) => f.setFieldValue("external", e.currentTarget.checked ? newBoard(kinds[0]) : null)} />
      <FieldError error={f.errors["external"]} at="external" />
      {x && (
        <>
          <div className={css.two}>
            <Select
              label={t("dev.external_type")}
              data={kinds.map((k) => ({ value: k.type, label: k.name }))}
              {...f.getInputProps("external.type")}
              onChange={(v) => setType(v ?? "")}
            />
            <Select
              label={t("dev.external_mode")}
              data={(kind?.modes ?? []).map((m) => ({ value: m, label: word("dev", `mode_${m}`) }))}
              {...f.getInputProps("external.mode")}
              onChange={(v) => setMode(v ?? "rs485")}
            />
            {x.mode === "ethernet" && (
              <>
                <TextInput label={t("dev.external_address")} autoComplete="off" {...f.getInputProps("external.address")} />
                <NumberInput label={t("dev.external_port")} min={1} max={65535} clampBehavior="none" hideControls thousandSeparator={false} {...f.getInputProps("external.port")} />
              </>
            )}
          </div>
          <Switch
            label={t("dev.wire")}
            description={t("dev.wire_help")}
            checked={x.wire !== null}
            onChange={(e) => change({ wire: e.currentTarget.checked ? newWire("modbus-coils") : null })}
          />
          {x.wire && (
            <>
              <p className={form.gate} data-missing>{t("dev.wire_unknown")}</p>
              <LineForm field={(name) => f.getInputProps(`external.wire.${name}`)} profile={x.wire.profile} serial={x.mode !== "ethernet"} portField="port" />
            </>
          )}
          <Channels form={f} most={kind?.channels ?? 0} />
        </>
      )}
    </Section>
  );
}

/** The relays of the board, each with what is connected to it. */
function Channels({ form: f, most }: { form: UseFormReturnType<DeviceDraft>; most: number }) {
  const list = f.values.external?.channels ?? [];
  const all = Array.from({ length: most }, (_, i) => i + 1);
  const free = all.find((n) => !list.some((c) => c.number === n));
  return (
    <div style={{ display: "grid", gap: 10 }}>
      <span className={form.legend}>{t("dev.channels", { most })}</span>
      {list.map((c, i) => (
        <div key={i} className={form.channel} role="group" aria-label={t("dev.channel", { n: c.number })}>
          <Select
            className={form.number}
            aria-label={t("dev.channel_number")}
            data={[...new Set([...all, c.number])].map(String)}
            {...f.getInputProps(`external.channels.${i}.number`)}
            value={String(c.number)}
            onChange={(v) => f.setFieldValue(`external.channels.${i}.number`, Number(v))}
          />
          <TextInput className={form.channelName} aria-label={t("dev.channel_name", { n: c.number })} placeholder={t("dev.relay_name_short")} {...f.getInputProps(`external.channels.${i}.name`)} />
          <TextInput className={form.function} aria-label={t("dev.channel_function", { n: c.number })} placeholder={t("dev.function_short")} {...f.getInputProps(`external.channels.${i}.function`)} />
          <ActionIcon className={form.channelAct} variant="subtle" color="gray" aria-label={t("relay.remove", { n: c.number })} onClick={() => f.removeListItem("external.channels", i)}>
            <IconTrash size={16} />
          </ActionIcon>
        </div>
      ))}
      <FieldError error={f.errors["external.channels"]} at="external.channels" />
      {free !== undefined && (
        <div>
          <Button variant="default" size="compact-md" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => f.insertListItem("external.channels", newChannel(free))}>
            {t("relay.add")}
          </Button>
        </div>
      )}
    </div>
  );
}
