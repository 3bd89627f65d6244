import { Anchor, Button, FileButton, Select, Stack, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconArrowBackUp, IconFileUpload } from "@tabler/icons-react";
import { useState } from "react";
import { useRegisterMACs, useRemoveMACs, type MACOutcomes } from "../../api/macs";
import { useOrgs } from "../../api/orgs";
import { asProblem } from "../../api/problem";
import { FormEnd, useSending } from "../../parts/form";
import { Notice } from "../../parts/page";
import { State } from "../../parts/state";
import { useEyes } from "../../shell/eyes";
import { language } from "../../text/language";
import { t, tn, word } from "../../text/t";
import { readMACs } from "../../words/macs";
import css from "./macs.module.css";

interface RegisterProps {
  above: boolean;
  /** The installer that the list shows. */
  start: string;
  onDone: () => void;
}

/** Registers MACs: typed, pasted as a column, or from the distributor's file; then says of each what became of it. */
export function RegisterMACs({ above, start, onDone }: RegisterProps) {
  const [outcomes, setOutcomes] = useState<MACOutcomes>();
  if (outcomes) return <Outcomes of={outcomes} onDone={onDone} />;
  return <RegisterForm above={above} start={start} onDone={onDone} onAnswer={setOutcomes} />;
}

function RegisterForm({ above, start, onDone, onAnswer }: RegisterProps & { onAnswer: (outcomes: MACOutcomes) => void }) {
  const gate = Boolean(useEyes().gates["mac_registration"]);
  const orgs = useOrgs(above);
  const register = useRegisterMACs();
  const [file, setFile] = useState<File>();
  const form = useForm({ mode: "controlled", initialValues: { org_id: start, macs: "" } });
  const pasted = readMACs(form.values.macs);
  const sending = useSending(form, async (v) => {
    onAnswer(await register.mutateAsync({ org: v.org_id, macs: pasted.macs, file }));
  });
  const wrong = pasted.wrong.length > 0 && tn("macs.wrong", pasted.wrong.length, { lines: pasted.wrong.slice(0, 10).join(", ") });
  const installers = (orgs.data ?? []).filter((o) => o.kind === "installer").map((o) => ({ value: o.id, label: o.name }));
  const submit = (e: React.FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    if (!file && (pasted.macs.length === 0 || wrong)) return form.setFieldError("macs", wrong || t("macs.nothing"));
    void sending.submit(e);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {gate && <Notice tone="warn">{t("macs.gate")}</Notice>}
        {above && (
          <Select label={t("macs.whose")} data={[{ value: "", label: t("macs.whose_own") }, ...installers]} searchable allowDeselect={false} {...form.getInputProps("org_id")} />
        )}
        <Textarea
          label={t("macs.list")}
          description={t("macs.list_help")}
          classNames={{ input: "mono" }}
          autosize
          minRows={6}
          maxRows={14}
          data-autofocus
          spellCheck={false}
          disabled={Boolean(file)}
          {...form.getInputProps("macs")}
        />
        {pasted.macs.length > 0 && !file && (
          <Text size="sm" role="status">
            {tn("macs.read", pasted.macs.length)}
            {wrong && ` · ${wrong}`}
          </Text>
        )}
        <div>
          <Text size="sm" fw={500}>
            {t("macs.file")}
          </Text>
          <Text size="sm" c="dimmed">
            {t("macs.file_help")}{" "}
            <Anchor href={`/api/v1/macs/template?language=${language()}`} download underline="always">{t("imports.template")}</Anchor>
          </Text>
          <div className={css.file}>
            <FileButton onChange={(f) => setFile(f ?? undefined)} accept=".xlsx,.csv,.txt,text/csv,text/plain">
              {(props) => (
                <Button variant="default" mt={6} leftSection={<IconFileUpload size={16} aria-hidden />} {...props}>
                  {t("macs.file_choose")}
                </Button>
              )}
            </FileButton>
            {file && (
              <>
                <span>{file.name}</span>
                <Button size="compact-sm" variant="subtle" onClick={() => setFile(undefined)}>
                  {t("macs.file_clear")}
                </Button>
              </>
            )}
          </div>
        </div>
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("macs.add")} cancel={onDone} />
      </Stack>
    </form>
  );
}

const tones = { added: "ok", duplicate: "off", refused: "bad" } as const;

function Outcomes({ of, onDone }: { of: MACOutcomes; onDone: () => void }) {
  const back = useRemoveMACs();
  const added = of.items.filter((o) => o.outcome === "added").map((o) => o.mac);
  const problem = back.error && asProblem(back.error);
  if (back.isSuccess) {
    return (
      <Stack gap="md">
        <Notice tone="ok">{tn("macs.undone", added.length)}</Notice>
        <Button onClick={onDone} data-autofocus>{t("macs.done")}</Button>
      </Stack>
    );
  }
  const worst = [...of.items].sort((a, b) => order[a.outcome] - order[b.outcome]);
  return (
    <Stack gap="md">
      <Notice tone={of.refused > 0 ? "warn" : "ok"}>{t("macs.outcome_sum", { added: of.added, duplicate: of.duplicate, refused: of.refused })}</Notice>
      <div className={css.outcomes} tabIndex={0} role="region" aria-label={t("macs.outcome")}>
        <ul>
          {worst.map((o, i) => (
            <li key={`${o.mac}-${i}`}>
              <span className="mono">{o.mac}</span>
              <State tone={tones[o.outcome]} word={word("macs", `outcome_${o.outcome}`)} />
            </li>
          ))}
        </ul>
      </div>
      {problem && (
        <Notice tone="bad">
          {problem.message}
          {Object.entries(problem.fields).map(([path, text]) => (
            <div key={path}>{text}</div>
          ))}
        </Notice>
      )}
      <Button onClick={onDone} data-autofocus>
        {t("macs.done")}
      </Button>
      {added.length > 0 && (
        <Button variant="default" leftSection={<IconArrowBackUp size={18} aria-hidden />} loading={back.isPending} onClick={() => back.mutate(added)}>
          {tn("macs.undo", added.length)}
        </Button>
      )}
    </Stack>
  );
}

const order = { refused: 0, duplicate: 1, added: 2 };
