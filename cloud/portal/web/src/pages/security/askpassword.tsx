import { Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { FormEnd, useSending } from "../../parts/form";
import { t } from "../../text/t";

interface AskPasswordProps {
  opened: boolean;
  title: string;
  body: string;
  act: string;
  /** What follows cannot be taken back. */
  danger?: boolean;
  onClose: () => void;
  onPassword: (password: string) => Promise<unknown>;
}

/** Asks for the password once more before an act that weakens or changes how somebody signs in. */
export function AskPassword({ opened, title, body, act, danger, onClose, onPassword }: AskPasswordProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ "aria-label": t("act.close") }}>
      <Form body={body} act={act} danger={danger} onClose={onClose} onPassword={onPassword} />
    </Modal>
  );
}

function Form({ body, act, danger, onClose, onPassword }: Omit<AskPasswordProps, "opened" | "title">) {
  const form = useForm({ mode: "uncontrolled", initialValues: { password: "" } });
  const sending = useSending(form, async ({ password }) => {
    await onPassword(password);
    onClose();
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <Text lh={1.55}>{body}</Text>
        <PasswordInput label={t("security.password_again")} autoComplete="current-password" data-autofocus key={form.key("password")} {...form.getInputProps("password")} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={act} danger={danger} cancel={onClose} />
      </Stack>
    </form>
  );
}
