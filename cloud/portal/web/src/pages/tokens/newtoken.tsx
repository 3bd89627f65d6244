import { Checkbox, Input, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useMakeToken, type MadeToken } from "../../api/tokens";
import { Secret } from "../../parts/code";
import { FormEnd, useSending } from "../../parts/form";
import { useEyes } from "../../shell/eyes";
import { t, tn, word } from "../../text/t";
import { changes, scopesOf } from "../../words/token";
import css from "./tokens.module.css";

const lives = [7, 30, 90, 180, 366];

/** Makes a token and shows its text once. */
export function NewToken({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [made, setMade] = useState<MadeToken>();
  const close = () => {
    setMade(undefined);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={made ? t("tokens.made") : t("tokens.new")}
      size="lg"
      closeOnClickOutside={!made}
      closeOnEscape={!made}
      closeButtonProps={{ "aria-label": t("act.close") }}
    >
      {made ? <Secret value={made.token} body={t("tokens.made_body")} label={made.name} done={t("tokens.done")} onDone={close} /> : <Form onMade={setMade} onClose={close} />}
    </Modal>
  );
}

function Form({ onMade, onClose }: { onMade: (made: MadeToken) => void; onClose: () => void }) {
  const make = useMakeToken();
  const rights = scopesOf(useEyes().rights);
  const form = useForm({ mode: "uncontrolled", initialValues: { name: "", scopes: [] as string[], days: "90" } });
  const sending = useSending(form, async (v) => onMade(await make.mutateAsync({ name: v.name, scopes: v.scopes, days: Number(v.days) })));
  const wrong = Object.entries(form.errors).find(([path]) => path.startsWith("scopes"))?.[1];
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("tokens.name")} description={t("tokens.name_help")} maxLength={64} data-autofocus key={form.key("name")} {...form.getInputProps("name")} />
        <Checkbox.Group key={form.key("scopes")} {...form.getInputProps("scopes")} error={undefined} label={t("tokens.scopes")} description={t("tokens.scopes_help")}>
          <div className={css.rights} style={{ marginTop: 8 }} tabIndex={-1}>
            {rights.length === 0 && <Text p="sm">{t("tokens.none_held")}</Text>}
            {rights.map((r) => (
              <label key={r} className={css.right}>
                <Checkbox value={r} aria-label={word("scope", r)} />
                <span className={css.does}>{word("scope", r)}</span>
                <span className="soft">{changes(r) ? t("tokens.writes") : t("tokens.reads")}</span>
              </label>
            ))}
          </div>
        </Checkbox.Group>
        {wrong && <Input.Error role="alert">{wrong}</Input.Error>}
        <Select
          label={t("tokens.days")}
          data={lives.map((n) => ({ value: String(n), label: tn("tokens.days", n) }))}
          allowDeselect={false}
          key={form.key("days")}
          {...form.getInputProps("days")}
        />
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("tokens.make")} cancel={onClose} />
      </Stack>
    </form>
  );
}
