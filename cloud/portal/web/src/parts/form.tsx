import { Button, Group } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useState, type FormEvent, type ReactNode } from "react";
import { asProblem, forForm } from "../api/problem";
import { t } from "../text/t";
import { Notice } from "./page";

/** Sends a form; errors of the API stand at their fields, anything else above the buttons. */
export function useSending<V extends object>(form: UseFormReturnType<V>, send: (values: V) => Promise<unknown>) {
  const [rest, setRest] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (e?: FormEvent<HTMLFormElement>) => {
    e?.preventDefault();
    if (busy) return;
    setRest("");
    form.clearErrors();
    setBusy(true);
    try {
      await send(form.getValues());
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

/** The end of a form: what went wrong as a whole, then the buttons. */
export function FormEnd(props: { rest: string; busy: boolean; act: string; cancel?: () => void; left?: ReactNode }) {
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
        <Button type="submit" loading={props.busy}>
          {props.act}
        </Button>
      </Group>
    </>
  );
}
