import { ActionIcon, Button, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { DeviceDraft } from "../../api/devices";
import type { Board, Relay } from "../../api/types";
import { t } from "../../text/t";
import css from "./devices.module.css";
import { options } from "./parts";

const most = 4;
const codes = ["#", "*", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** The relays of a device, one box each. */
export function RelaysForm({ form, boards }: { form: UseFormReturnType<DeviceDraft>; boards: Board[] }) {
  const relays = form.values.relays;
  const add = () => {
    const number = [1, 2, 3, 4].find((n) => !relays.some((r) => r.number === n)) ?? 1;
    const dtmf = codes.find((c) => !relays.some((r) => r.dtmf === c)) ?? "#";
    const relay: Relay = { number, name: t("relay.n", { n: number }), enabled: true, dtmf, mode: "momentary", rest: false, hold_ms: 3000, board_id: "", channel: 0 };
    form.insertListItem("relays", relay);
  };
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0, display: "grid", gap: 10 }}>
      <legend style={{ padding: 0, marginBottom: 8, fontWeight: 600 }}>{t("device.relays")}</legend>
      {relays.map((r, i) => (
        <OneRelay key={r.number} form={form} index={i} boards={boards} />
      ))}
      {relays.length < most && (
        <div>
          <Button variant="default" size="compact-md" leftSection={<IconPlus size={16} aria-hidden />} onClick={add}>
            {t("relay.add")}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

function OneRelay({ form, index, boards }: { form: UseFormReturnType<DeviceDraft>; index: number; boards: Board[] }) {
  const relay = form.values.relays[index]!;
  const at = `relays.${index}`;
  const board = boards.find((b) => b.id === relay.board_id);
  return (
    <div className={css.relayForm} role="group" aria-label={t("relay.n", { n: relay.number })}>
      <div className={css.relayFormHead}>
        <Switch label={t("relay.enabled")} {...form.getInputProps(`${at}.enabled`, { type: "checkbox" })} />
        <ActionIcon variant="subtle" color="gray" aria-label={t("relay.remove", { n: relay.number })} onClick={() => form.removeListItem("relays", index)}>
          <IconTrash size={16} />
        </ActionIcon>
      </div>
      <div className={css.two}>
        <TextInput label={t("relay.name")} {...form.getInputProps(`${at}.name`)} />
        <Select label={t("relay.dtmf")} data={codes} {...form.getInputProps(`${at}.dtmf`)} />
        <Select
          label={t("relay.mode")}
          data={[
            { value: "momentary", label: t("relay.momentary") },
            { value: "latching", label: t("relay.latching") },
          ]}
          {...form.getInputProps(`${at}.mode`)}
        />
        {relay.mode === "momentary" && (
          <NumberInput label={t("relay.hold")} min={100} max={60000} step={500} clampBehavior="none" {...form.getInputProps(`${at}.hold_ms`)} />
        )}
        <Select
          label={t("relay.moved_by")}
          data={[{ value: "", label: t("relay.own") }, ...options(boards, (b) => b.id, (b) => b.name)]}
          {...form.getInputProps(`${at}.board_id`)}
          onChange={(v) => {
            form.setFieldValue(`${at}.board_id`, v ?? "");
            form.setFieldValue(`${at}.channel`, v ? relay.channel || 1 : 0);
          }}
        />
        {relay.board_id && (
          <NumberInput label={t("relay.channel")} min={1} max={board?.channels ?? 32} clampBehavior="none" {...form.getInputProps(`${at}.channel`)} />
        )}
      </div>
    </div>
  );
}
