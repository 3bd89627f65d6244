import { Anchor, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useLink, useRecover, useResetPassword } from "../../api/account";
import { FormEnd, useSending } from "../../parts/form";
import { Notice, SkeletonRows } from "../../parts/page";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";
import { tokenOf } from "../../words/policy";
import { NewPassword, useSendingTwice } from "./newpassword";
import { WrongLink } from "./wronglink";

/** Forgot password (ACC-05): asks for a link, or takes the one that came by mail. */
export default function Reset() {
  const [token] = useState(() => tokenOf(window.location.hash));
  return token ? <ByLink token={token} /> : <Ask />;
}

function Ask() {
  const recover = useRecover();
  const [sent, setSent] = useState(false);
  const form = useForm({ mode: "uncontrolled", initialValues: { login: "" } });
  const sending = useSending(form, async ({ login }) => {
    await recover.mutateAsync(login);
    setSent(true);
  });
  const back = (
    <Anchor component={Link} to="/sign-in" size="sm">
      {t("signin.submit")}
    </Anchor>
  );
  if (sent) {
    return (
      <Gate title={t("reset.sent")}>
        <Stack gap="md" mt="sm">
          <Notice tone="ok">{t("reset.sent_body")}</Notice>
          {back}
        </Stack>
      </Gate>
    );
  }
  return (
    <Gate title={t("reset.title")} lead={t("reset.lead")}>
      <form onSubmit={sending.submit} noValidate>
        <Stack gap="md">
          <TextInput
            label={t("signin.login")}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            required
            withAsterisk={false}
            key={form.key("login")}
            {...form.getInputProps("login")}
          />
          <FormEnd rest={sending.rest} busy={sending.busy} act={t("reset.submit")} left={back} />
        </Stack>
      </form>
    </Gate>
  );
}

function ByLink({ token }: { token: string }) {
  const link = useLink(token);
  const reset = useResetPassword();
  const [done, setDone] = useState(false);
  const form = useForm({ mode: "controlled", initialValues: { password: "", again: "" } });
  const sending = useSendingTwice(form, async ({ password }) => {
    await reset.mutateAsync({ token, password });
    setDone(true);
  });
  if (done) {
    return (
      <Gate title={t("reset.done")} lead={t("reset.done_body")}>
        <Button component={Link} to="/sign-in" fullWidth>
          {t("setup.to_sign_in")}
        </Button>
      </Gate>
    );
  }
  if (link.isError || (link.data && link.data.kind !== "reset")) return <WrongLink error={link.error} />;
  if (!link.data) return <Gate title={t("reset.choose")}><SkeletonRows n={3} /></Gate>;
  return (
    <Gate title={t("reset.choose")} lead={t("reset.choose_lead", { name: link.data.name || link.data.email || link.data.username })}>
      <form onSubmit={sending.submit} noValidate>
        <Stack gap="md">
          <NewPassword form={form} />
          <FormEnd rest={sending.rest} busy={sending.busy} act={t("reset.choose")} />
        </Stack>
      </form>
    </Gate>
  );
}
