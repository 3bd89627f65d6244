import { Button, Modal, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useChangePassword } from "../../api/account";
import { FormEnd, useSending } from "../../parts/form";
import { Notice } from "../../parts/page";
import { t } from "../../text/t";
import { NewPassword, useSendingTwice } from "../account/newpassword";

/** Three steps (ACC-09): the old password, the new one twice, done. A wrong old one stops at the first. */
export function ChangePassword({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t("profile.change_password")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {opened && <Steps onClose={onClose} />}
    </Modal>
  );
}

function Steps({ onClose }: { onClose: () => void }) {
  const [old, setOld] = useState("");
  const [done, setDone] = useState(false);
  if (done) {
    return (
      <Stack gap="md">
        <Notice tone="ok">{t("profile.password_done")}</Notice>
        <Button onClick={onClose} data-autofocus>
          {t("act.close")}
        </Button>
      </Stack>
    );
  }
  return old ? <Fresh old={old} onClose={onClose} onDone={() => setDone(true)} /> : <Old onClose={onClose} onRight={setOld} />;
}

function Old({ onClose, onRight }: { onClose: () => void; onRight: (old: string) => void }) {
  const change = useChangePassword();
  const form = useForm({ mode: "uncontrolled", initialValues: { old: "" } });
  const sending = useSending(form, async ({ old }) => {
    await change.mutateAsync({ old, new: "" });
    onRight(old);
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <p className="soft" style={{ margin: 0 }}>
          {t("profile.step", { n: 1, of: 2 })}
        </p>
        <PasswordInput
          label={t("profile.old")}
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          key={form.key("old")}
          {...form.getInputProps("old")}
        />
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("profile.on")} cancel={onClose} />
      </Stack>
    </form>
  );
}

function Fresh({ old, onClose, onDone }: { old: string; onClose: () => void; onDone: () => void }) {
  const change = useChangePassword();
  const form = useForm({ mode: "controlled", initialValues: { password: "", again: "" } });
  const sending = useSendingTwice(form, async ({ password }) => {
    try {
      await change.mutateAsync({ old, new: password });
    } catch (err) {
      // The API calls the field new; the form has it as password.
      const fields = (err as { fields?: Record<string, string> }).fields;
      if (fields?.["new"]) fields["password"] = fields["new"];
      throw err;
    }
    onDone();
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <p className="soft" style={{ margin: 0 }}>
          {t("profile.step", { n: 2, of: 2 })}
        </p>
        <NewPassword form={form} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("profile.change_password")} cancel={onClose} />
      </Stack>
    </form>
  );
}
