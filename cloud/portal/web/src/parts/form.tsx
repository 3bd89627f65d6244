import { Button, Group } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useState, type FormEvent, type ReactNode } from "react";
import { asProblem, Conflict, forForm, Problem } from "../api/problem";
import { t } from "../text/t";
import { differences, same } from "../words/merge";
import { settle } from "./conflict";
import { Notice } from "./page";

/**
 * Sends a form; errors of the API stand at their fields, anything else above the buttons.
 *
 * A form whose values have `revision` and whose `send` saves with `ifMatch(revision)` (see api/client.ts) needs nothing more to be safe when two edit
 * at once: on 412 the person chooses field by field between both versions, and the choice is sent over the new revision. Fields are called by their
 * labels; `words` says how values read that are not text, such as ids. A form that stays open after saving gives the saved thing back from `send`.
 */
export function useSending<V extends object>(form: UseFormReturnType<V>, send: (values: V) => Promise<unknown>, words: ValueWords<V> = {}) {
  const [rest, setRest] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (e?: FormEvent<HTMLFormElement>) => {
    e?.preventDefault();
    if (busy) return;
    setRest("");
    form.clearErrors();
    setBusy(true);
    try {
      const saved = await sendSettled(form, send, words);
      if (saved instanceof Object && "revision" in saved && "revision" in form.getValues()) {
        form.setFieldValue("revision", saved.revision as never);
        form.setInitialValues({ ...form.getValues(), revision: saved.revision });
      }
    } catch (err) {
      const { fields, rest: other } = forForm(asProblem(err), (path) => path.split(".")[0]! in form.getValues());
      form.setErrors(fields);
      setRest(other);
      const first = Object.keys(fields)[0];
      if (first) form.getInputNode(first)?.focus();
    } finally {
      setBusy(false);
    }
  };
  return { submit, busy, rest };
}

/** How values of some fields read, where their text is not what is stored. */
export type ValueWords<V> = { [K in keyof V]?: Says<V[K]> };

/** What a value says; with a label for a field that is more than one input. */
type Says<T> = ((value: T) => string) | { label: string; value: (value: T) => string };

/** Sends; when somebody else was faster, asks what to keep and sends that. */
async function sendSettled<V extends object>(form: UseFormReturnType<V>, send: (values: V) => Promise<unknown>, words: ValueWords<V>): Promise<unknown> {
  for (;;) {
    try {
      return await send(form.getValues());
    } catch (err) {
      if (!(err instanceof Conflict)) throw err;
      const mine = form.getValues();
      const opened = form.getInitialValues() as Record<string, unknown>;
      const found = differences(opened, mine as Record<string, unknown>, err.theirs);
      // What they changed may be elsewhere, such as a switch beside this form: then there is nothing to choose.
      const apart = found.every((d) => same(opened[d.path], d.theirs));
      const choice = await settle(mine, err.theirs, apart ? [] : found, {
        label: (path) => said(words, path)?.label || labelOf(form.getInputNode(path)) || path.replaceAll("_", " "),
        value: (path, value) => (said(words, path)?.value ?? plainWords)(value),
      });
      if (!choice) throw new Problem(412, "conflict", t("conflict.left"));
      form.setValues(choice);
    }
  }
}

function said<V>(words: ValueWords<V>, path: string): { label: string; value: (value: unknown) => string } | undefined {
  const says = words[path as keyof V] as Says<unknown> | undefined;
  return typeof says === "function" ? { label: "", value: says } : says;
}

/** What the page calls an input. */
function labelOf(node: HTMLElement | null): string {
  const named = node?.closest("[class*=InputWrapper-root], [class*=Switch-root], [class*=Checkbox-root]")?.querySelector("[class*=Switch-label], [class*=Checkbox-label], label");
  return (named ?? (node as HTMLInputElement | null)?.labels?.[0])?.textContent?.trim() ?? "";
}

function plainWords(value: unknown): string {
  if (typeof value === "boolean") return t(value ? "conflict.on" : "conflict.off");
  if (Array.isArray(value)) return value.map(plainWords).join(", ");
  if (value && typeof value === "object") return Object.values(value).map(plainWords).filter(Boolean).join(" · ");
  return value === null || value === undefined ? "" : String(value as string | number);
}

/** The end of a form: what went wrong as a whole, then the buttons. */
export function FormEnd(props: { rest: string; busy: boolean; act: string; danger?: boolean; cancel?: () => void; left?: ReactNode }) {
  return (
    <>
      {props.rest && <Notice tone="bad">{props.rest}</Notice>}
      <Group justify="flex-end" gap="xs" mt={4}>
        {props.left && <div style={{ flex: 1 }}>{props.left}</div>}
        {props.cancel && (
          <Button variant="default" onClick={props.cancel}>
            {t("act.cancel")}
          </Button>
        )}
        <Button type="submit" color={props.danger ? "red" : undefined} loading={props.busy}>
          {props.act}
        </Button>
      </Group>
    </>
  );
}
