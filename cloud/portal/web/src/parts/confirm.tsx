import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { asProblem } from "../api/problem";
import { t } from "../text/t";
import { Notice } from "./page";

interface ConfirmProps {
  opened: boolean;
  title: string;
  body: string;
  act: string;
  onClose: () => void;
  onConfirm: () => Promise<unknown>;
}

/** Asks once before something that cannot be taken back. */
export function Confirm({ opened, title, body, act, onClose, onConfirm }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const close = () => {
    setProblem("");
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setProblem("");
    try {
      await onConfirm();
      close();
    } catch (err) {
      setProblem(asProblem(err).message);
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
          <Button color="red" loading={busy} onClick={confirm}>
            {act}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
