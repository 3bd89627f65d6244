import { Button, Modal, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useChangeEmail, type Me } from "../../api/account";
import { FormEnd, useSending } from "../../parts/form";
import { Notice } from "../../parts/page";
import { t } from "../../text/t";

/** Asks for another address (ACC-06). It takes the place of the old one when the link in its mail is used. */
export function ChangeEmail({ me, opened, onClose }: { me: Me; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t("profile.change_email")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {opened && <Form me={me} onClose={onClose} />}
    </Modal>
  );
}

function Form({ me, onClose }: { me: Me; onClose: () => void }) {
  const change = useChangeEmail();
  const [sent, setSent] = useState("");
  const form = useForm({ mode: "uncontrolled", initialValues: { email: me.email_verified ? "" : me.email, password: "" } });
  const sending = useSending(form, async (values) => {
    await change.mutateAsync(values);
    setSent(values.email);
  });
  if (sent) {
    return (
      <Stack gap="md">
        <Notice tone="ok">{t("profile.email_sent", { email: sent })}</Notice>
        <Button onClick={onClose} data-autofocus>
          {t("act.close")}
        </Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput
          label={t("profile.new_email")}
          type="email"
          autoComplete="email"
          readOnly={me.role === "manager"}
          data-autofocus
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordInput label={t("profile.own_password")} autoComplete="current-password" key={form.key("password")} {...form.getInputProps("password")} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("profile.email_submit")} cancel={onClose} />
      </Stack>
    </form>
  );
}
