import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { asProblem, Conflict } from "../api/problem";
import type { Seen } from "../api/types";
import { t } from "../text/t";
import { Notice } from "./page";

interface ConfirmProps<T> {
  opened: boolean;
  title: string;
  body: string;
  act: string;
  /** Colour of the act; red unless nothing is lost by it. */
  tone?: "red" | "teal";
  onClose: () => void;
  /** What the question is about, as it was seen. When somebody else changed it since, the dialog says so; who confirms again means it as it is now. */
  of?: T;
  onConfirm: (of: T) => Promise<unknown>;
}

/** Asks once before something that cannot be taken back. */
export function Confirm<T extends Seen | undefined = undefined>({ opened, title, body, act, tone = "red", onClose, of, onConfirm }: ConfirmProps<T>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [changed, setChanged] = useState<number>();
  const close = () => {
    setProblem("");
    setChanged(undefined);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setProblem("");
    try {
      await onConfirm((of && changed !== undefined ? { ...of, revision: changed } : of) as T);
      close();
    } catch (err) {
      const now = err instanceof Conflict ? err.theirs["revision"] : undefined;
      if (typeof now === "number") setChanged(now);
      setProblem(err instanceof Conflict ? t("conflict.title") : asProblem(err).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ "aria-label": t("act.close") }}>
      <Stack gap="md">
        <Text lh={1.55}>{body}</Text>
        {problem && <Notice tone="bad">{problem}</Notice>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            {t("act.cancel")}
          </Button>
          <Button color={tone} loading={busy} onClick={confirm}>
            {act}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

interface RemoveProps<T> {
  of: T;
  /** The question's title and its answer, such as "Delete building". */
  act: string;
  body: string;
  onRemove: (of: T) => Promise<unknown>;
}

/** The button at the end of a form that deletes what the form shows, after asking once. */
export function Remove<T extends Seen>({ of, act, body, onRemove }: RemoveProps<T>) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button variant="subtle" color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsking(true)}>
        {t("act.delete")}
      </Button>
      <Confirm opened={asking} title={act} body={body} act={act} onClose={() => setAsking(false)} of={of} onConfirm={onRemove} />
    </>
  );
}
