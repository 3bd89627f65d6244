import { Button, Group, Modal, Stack } from "@mantine/core";
import css from "./code.module.css";
import { Copy } from "./copy";
import { Notice } from "./page";

/** Lines for a machine; `wide` keeps each on one line, to be scrolled. */
export function Lines({ text, wide, label }: { text: string; wide?: boolean; label?: string }) {
  return (
    <pre className={css.code} data-wide={wide || undefined} tabIndex={0} aria-label={label}>
      {text}
    </pre>
  );
}

interface SecretProps {
  value: string;
  /** Says that it is shown this once, and what it is for. */
  body: string;
  /** What is copied, for who does not see the button. */
  label: string;
  /** The button of who has kept it. */
  done: string;
  onDone: () => void;
}

/** A token, a secret or a link that is shown this once. */
export function Secret({ value, body, label, done, onDone }: SecretProps) {
  return (
    <Stack gap="md">
      <Notice tone="warn">{body}</Notice>
      <code className={css.code} data-secret>
        {value}
      </code>
      <Group justify="space-between">
        <Copy value={value} label={label} />
        <Button onClick={onDone}>{done}</Button>
      </Group>
    </Stack>
  );
}

/** Shows a secret over the page while there is one; a click beside it does not lose it. */
export function SecretBox({ title, value, ...rest }: Omit<SecretProps, "value"> & { title: string; value: string | undefined }) {
  return (
    <Modal
      opened={Boolean(value)}
      onClose={rest.onDone}
      title={title}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Secret value={value ?? ""} {...rest} />
    </Modal>
  );
}
