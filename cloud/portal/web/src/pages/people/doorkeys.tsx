import { ActionIcon, Button, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCreditCard, IconPassword, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useAddCard, useDropCard, useDropPIN, useKeyring, useSetPIN, type KeyCard, type Keyring } from "../../api/doorkeys";
import type { Person } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Copy } from "../../parts/copy";
import { FormEnd, useSending } from "../../parts/form";
import { Failed, Notice, Panel, SkeletonRows } from "../../parts/page";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { nameOf } from "../../words/names";
import { KeyDoorsRow } from "./keydoors";
import css from "./people.module.css";

const mostCards = 4;

/** What a person opens doors with: a PIN, which is shown once, and cards. */
export function KeysPanel({ site, person }: { site: string; person: Person }) {
  const of = { site, person: person.id };
  const ring = useKeyring(of);
  const may = useMay("keys.write");
  const [setting, setSetting] = useState(false);
  const [adding, setAdding] = useState(false);
  const k = ring.data;
  return (
    <Panel title={t("doorkeys.title")} flush>
      {!k && (ring.isError ? <Failed error={ring.error} again={() => void ring.refetch()} /> : <SkeletonRows n={2} />)}
      {k && (
        <ul className={css.rows} aria-label={t("doorkeys.title")}>
          <PINRow of={of} person={person} ring={k} may={may} onSet={() => setSetting(true)} />
          {k.cards.map((card) => (
            <CardRow key={card.id} of={of} person={person} card={card} may={may} />
          ))}
          <KeyDoorsRow of={of} ring={k} may={may} />
          {may && k.cards.length < mostCards && (
            <li>
              <span className={`soft ${css.grow}`}>{k.cards.length === 0 ? t("doorkeys.no_cards") : t("doorkeys.more_cards")}</span>
              <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
                {t("doorkeys.add_card")}
              </Button>
            </li>
          )}
        </ul>
      )}
      <SetPIN of={of} name={nameOf(person)} ring={k} opened={setting} onClose={() => setSetting(false)} />
      <AddCard of={of} opened={adding} onClose={() => setAdding(false)} />
    </Panel>
  );
}

interface RowProps {
  of: { site: string; person: string };
  person: Person;
  may: boolean;
}

function PINRow({ of, person, ring, may, onSet }: RowProps & { ring: Keyring; onSet: () => void }) {
  const drop = useDropPIN(of);
  const [asking, setAsking] = useState(false);
  return (
    <li>
      <IconPassword size={18} aria-hidden />
      <span className={css.grow}>
        <span>{t("doorkeys.pin")}</span>
        <span className="soft">{ring.pin_since ? <>{t("doorkeys.pin_since")} <When at={ring.pin_since} /></> : t("doorkeys.no_pin")}</span>
      </span>
      {may && (
        <span className={css.acts}>
          <Button variant="default" size="compact-sm" onClick={onSet}>
            {ring.has_pin ? t("doorkeys.replace_pin") : t("doorkeys.set_pin")}
          </Button>
          {ring.has_pin && (
            <ActionIcon variant="subtle" color="red" aria-label={t("doorkeys.remove_pin")} onClick={() => setAsking(true)}>
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </span>
      )}
      <Confirm
        opened={asking}
        title={t("doorkeys.remove_pin")}
        body={t("doorkeys.remove_pin_ask", { name: nameOf(person) })}
        act={t("doorkeys.remove_pin")}
        onClose={() => setAsking(false)}
        onConfirm={() => drop.mutateAsync(undefined)}
      />
    </li>
  );
}

function CardRow({ of, person, card, may }: RowProps & { card: KeyCard }) {
  const drop = useDropCard(of);
  const [asking, setAsking] = useState(false);
  const name = card.name || t("doorkeys.card");
  return (
    <li>
      <IconCreditCard size={18} aria-hidden />
      <span className={css.grow}>
        <span>{name}</span>
        <span className="soft mono">…{card.tail}</span>
      </span>
      {may && (
        <ActionIcon variant="subtle" color="red" aria-label={t("doorkeys.remove_named", { name: `${name} …${card.tail}` })} onClick={() => setAsking(true)}>
          <IconTrash size={16} />
        </ActionIcon>
      )}
      <Confirm
        opened={asking}
        title={t("doorkeys.remove_card")}
        body={t("doorkeys.remove_card_ask", { card: `${name} …${card.tail}`, name: nameOf(person) })}
        act={t("doorkeys.remove_card")}
        onClose={() => setAsking(false)}
        onConfirm={() => drop.mutateAsync(card.id)}
      />
    </li>
  );
}

/** Chooses or draws a PIN; then it is shown, until the window is closed. */
function SetPIN({ of, name, ring, opened, onClose }: { of: RowProps["of"]; name: string; ring?: Keyring; opened: boolean; onClose: () => void }) {
  const set = useSetPIN(of);
  const [given, setGiven] = useState("");
  const form = useForm({ initialValues: { pin: "" } });
  const { submit, busy, rest } = useSending(form, async ({ pin }) => {
    const made = await set.mutateAsync({ pin, revision: ring?.revision });
    setGiven(made.pin);
  });
  const close = () => {
    setGiven("");
    form.reset();
    set.reset();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={t("doorkeys.pin_title", { name })} closeButtonProps={{ "aria-label": t("act.close") }}>
      {given ? (
        <Stack gap="md">
          <Notice tone="warn">{t("doorkeys.pin_once")}</Notice>
          <TextInput label={t("doorkeys.pin")} value={given} readOnly data-autofocus classNames={{ input: "mono" }} onFocus={(e) => e.currentTarget.select()} />
          <div>
            <Copy value={given} label={t("doorkeys.pin")} />
          </div>
        </Stack>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            <TextInput
              label={t("doorkeys.pin")}
              description={t("doorkeys.pin_help")}
              inputMode="numeric"
              autoComplete="off"
              maxLength={8}
              data-autofocus
              {...form.getInputProps("pin")}
            />
            <FormEnd rest={rest} busy={busy} act={form.values.pin ? t("doorkeys.set_pin") : t("doorkeys.draw_pin")} cancel={close} />
          </Stack>
        </form>
      )}
    </Modal>
  );
}

function AddCard({ of, opened, onClose }: { of: RowProps["of"]; opened: boolean; onClose: () => void }) {
  const add = useAddCard(of);
  const form = useForm({ initialValues: { number: "", format: "hex", name: "" } });
  const close = () => {
    form.reset();
    onClose();
  };
  const { submit, busy, rest } = useSending(form, async (values) => {
    await add.mutateAsync(values);
    close();
  });
  return (
    <Modal opened={opened} onClose={close} title={t("doorkeys.add_card")} closeButtonProps={{ "aria-label": t("act.close") }}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput label={t("doorkeys.number")} description={t("doorkeys.number_help")} autoComplete="off" data-autofocus {...form.getInputProps("number")} />
          <NativeSelect
            label={t("doorkeys.format")}
            data={(["hex", "hex_reversed", "decimal"] as const).map((value) => ({ value, label: t(`doorkeys.format_${value}`) }))}
            {...form.getInputProps("format")}
          />
          <TextInput label={t("doorkeys.name")} description={t("doorkeys.name_help")} maxLength={64} {...form.getInputProps("name")} />
          <FormEnd rest={rest} busy={busy} act={t("doorkeys.add_card")} cancel={close} />
        </Stack>
      </form>
    </Modal>
  );
}
