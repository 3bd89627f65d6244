import { PasswordInput, Progress } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useSending } from "../../parts/form";
import { State } from "../../parts/state";
import { t } from "../../text/t";
import { passwordHint } from "../../words/password";

/** The field of a password that is being chosen, with a hint how hard it is to guess. */
export function ChosenPassword<V extends { password: string }>({ form, label }: { form: UseFormReturnType<V>; label: string }) {
  const hint = passwordHint(form.getValues().password);
  const colour = { ok: "green", warn: "yellow", bad: "red", off: "gray" }[hint.tone];
  return (
    <div>
      <PasswordInput
        label={label}
        autoComplete="new-password"
        required
        withAsterisk={false}
        aria-describedby="password-hint"
        {...form.getInputProps("password")}
      />
      <div aria-hidden>
        <Progress value={hint.part * 100} color={colour} size={4} mt={8} />
      </div>
      <div id="password-hint" aria-live="polite" style={{ marginTop: 6, fontSize: 13 }}>
        {hint.part > 0 ? <State tone={hint.tone} word={hint.words} /> : <span className="soft">{hint.words}</span>}
      </div>
    </div>
  );
}

/** The two fields of a new password: typed twice. */
export function NewPassword<V extends { password: string; again: string }>({ form, label }: { form: UseFormReturnType<V>; label?: string }) {
  return (
    <>
      <ChosenPassword form={form} label={label ?? t("password.new")} />
      <PasswordInput label={t("password.again")} autoComplete="new-password" required withAsterisk={false} {...form.getInputProps("again")} />
    </>
  );
}

/** Sends a form with a new password once it was typed the same twice. */
export function useSendingTwice<V extends { password: string; again: string }>(form: UseFormReturnType<V>, send: (values: V) => Promise<unknown>) {
  const sending = useSending(form, send);
  const submit: typeof sending.submit = async (e) => {
    e?.preventDefault();
    if (sameTwice(form)) await sending.submit(e);
  };
  return { ...sending, submit };
}

/** Whether the password was typed the same twice; notes it at its field when not. */
function sameTwice<V extends { password: string; again: string }>(form: UseFormReturnType<V>): boolean {
  const { password, again } = form.getValues();
  if (password === again) return true;
  form.setFieldError("again", t("password.differ"));
  form.getInputNode("again")?.focus();
  return false;
}
