import { ActionIcon, Button, Checkbox, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { Capability, DeviceDraft } from "../../api/devices";
import type { Board, Relay } from "../../api/types";
import { t, word } from "../../text/t";
import { digits, freeDigit, methods } from "../../words/deviceform";
import css from "./devices.module.css";
import form from "./form.module.css";
import { Gate, lacks } from "./gate";
import { options } from "./parts";
import { FieldError, Section } from "./section";

const most = 4;

interface RelaysProps {
  form: UseFormReturnType<DeviceDraft>;
  boards: Board[];
  /** Whether the form of this place ticks ways to unlock. */
  ticks: boolean;
  /** What the firmware says of them. */
  ability: Capability | undefined;
}

/** A relay as the API begins it: all ways unlock it. */
export function newRelay(number: number, dtmf: string): Relay {
  const name = t("dev.relay_n", { n: number });
  return { number, name, enabled: true, dtmf, mode: "momentary", rest: false, hold_ms: 3000, board_id: "", channel: 0, methods: [...methods] };
}

/** The relays of a device, one box each (DEV-15). */
export function RelaysForm(props: RelaysProps) {
  const { form: f } = props;
  const relays = f.values.relays;
  const used = [...relays.map((r) => r.dtmf), f.values.security_relay?.dtmf ?? ""];
  const add = () => f.insertListItem("relays", newRelay([1, 2, 3, 4].find((n) => !relays.some((r) => r.number === n)) ?? 1, freeDigit(used)));
  return (
    <Section title={t("device.relays")}>
      {relays.map((r, i) => (
        <OneRelay key={r.number} {...props} index={i} />
      ))}
      <FieldError error={f.errors["relays"]} at="relays" />
      {relays.length < most && (
        <div>
          <Button variant="default" size="compact-md" leftSection={<IconPlus size={16} aria-hidden />} onClick={add}>
            {t("relay.add")}
          </Button>
        </div>
      )}
    </Section>
  );
}

function OneRelay({ form: f, index, boards, ticks, ability }: RelaysProps & { index: number }) {
  const relay = f.values.relays[index]!;
  const at = `relays.${index}`;
  const board = boards.find((b) => b.id === relay.board_id);
  return (
    <div className={form.box} role="group" aria-label={t("relay.n", { n: relay.number })}>
      <div className={form.boxHead}>
        <Switch label={t("dev.relay_on", { n: relay.number })} {...f.getInputProps(`${at}.enabled`, { type: "checkbox" })} />
        {index > 0 && (
          <ActionIcon variant="subtle" color="gray" aria-label={t("relay.remove", { n: relay.number })} onClick={() => f.removeListItem("relays", index)}>
            <IconTrash size={16} />
          </ActionIcon>
        )}
      </div>
      <FieldError error={f.errors[`${at}.number`]} at={`${at}.number`} />
      <div className={css.two}>
        <TextInput label={t("relay.name")} {...f.getInputProps(`${at}.name`)} />
        <Select label={t("relay.dtmf")} data={[...digits]} {...f.getInputProps(`${at}.dtmf`)} />
        <Select
          label={t("relay.mode")}
          data={[
            { value: "momentary", label: t("relay.momentary") },
            { value: "latching", label: t("relay.latching") },
          ]}
          {...f.getInputProps(`${at}.mode`)}
        />
        {relay.mode === "momentary" && (
          <NumberInput label={t("relay.hold")} min={100} max={60000} step={500} clampBehavior="none" {...f.getInputProps(`${at}.hold_ms`)} />
        )}
        <Select
          label={t("dev.rest")}
          data={[
            { value: "open", label: t("dev.rest_open") },
            { value: "closed", label: t("dev.rest_closed") },
          ]}
          {...f.getInputProps(`${at}.rest`)}
          value={relay.rest ? "closed" : "open"}
          onChange={(v) => f.setFieldValue(`${at}.rest`, v === "closed")}
        />
        {(boards.length > 0 || relay.board_id) && (
          <Select
            label={t("relay.moved_by")}
            data={[{ value: "", label: t("relay.own") }, ...options(boards, (b) => b.id, (b) => b.name)]}
            {...f.getInputProps(`${at}.board_id`)}
            onChange={(v) => {
              f.setFieldValue(`${at}.board_id`, v ?? "");
              f.setFieldValue(`${at}.channel`, v ? relay.channel || 1 : 0);
            }}
          />
        )}
        {relay.board_id && <NumberInput label={t("relay.channel")} min={1} max={board?.channels ?? 32} clampBehavior="none" {...f.getInputProps(`${at}.channel`)} />}
      </div>
      {ticks && <Methods form={f} at={at} relay={relay} ability={ability} />}
    </div>
  );
}

/** The seven ways to unlock a relay. Ways that were chosen and do not reach the device stay changeable, so that they can be taken back (DEV-18, DEV-19). */
function Methods({ form: f, at, relay, ability }: { form: UseFormReturnType<DeviceDraft>; at: string; relay: Relay; ability: Capability | undefined }) {
  const chosen = relay.methods.length < methods.length;
  const off = lacks(ability) && !chosen;
  return (
    <div role="group" aria-label={`${t("dev.methods")}: ${relay.name}`} className={form.section} style={{ paddingTop: 12, gap: 10 }}>
      <span className={form.legend}>{t("dev.methods")}</span>
      <Gate of={ability} kept={chosen} />
      <div className={form.ticks}>
        {methods.map((m) => (
          <Checkbox
            key={m}
            label={word("dev", `method_${m}`)}
            checked={relay.methods.includes(m)}
            disabled={off}
            onChange={(e) => {
              const on = e.currentTarget.checked;
              f.setFieldValue(`${at}.methods`, methods.filter((x) => (x === m ? on : relay.methods.includes(x))));
            }}
          />
        ))}
      </div>
      <FieldError error={f.errors[`${at}.methods`]} at={`${at}.methods`} />
    </div>
  );
}

/** An SR01 wired to a door phone (DEV-17). */
export function SecurityRelayForm({ form: f }: { form: UseFormReturnType<DeviceDraft> }) {
  const x = f.values.security_relay;
  const used = f.values.relays.map((r) => r.dtmf);
  return (
    <Section title={t("dev.security")} help={t("dev.security_help")}>
      <Switch
        label={t("dev.security_add")}
        checked={x !== null}
        onChange={(e) => f.setFieldValue("security_relay", e.currentTarget.checked ? { name: "SR01", dtmf: freeDigit(used) } : null)}
      />
      {x && (
        <div className={css.two}>
          <TextInput label={t("dev.security_name")} {...f.getInputProps("security_relay.name")} />
          <Select label={t("dev.security_digit")} data={[...digits]} {...f.getInputProps("security_relay.dtmf")} />
        </div>
      )}
      <FieldError error={f.errors["security_relay"]} at="security_relay" />
    </Section>
  );
}
