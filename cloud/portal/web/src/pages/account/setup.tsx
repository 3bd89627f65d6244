import { Anchor, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useSetUp, useSetupOpen } from "../../api/account";
import { FormEnd, useSending } from "../../parts/form";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";
import { tokenOf } from "../../words/policy";
import { ChosenPassword } from "./newpassword";

export default function Setup() {
  const [token] = useState(() => tokenOf(window.location.hash));
  const open = useSetupOpen();
  if (open.data && !open.data.open) {
    return (
      <Gate title={t("setup.closed")} lead={t("setup.closed_body")}>
        <Button component={Link} to="/sign-in" fullWidth>
          {t("setup.to_sign_in")}
        </Button>
      </Gate>
    );
  }
  if (!token) return <Gate title={t("setup.no_token")} lead={t("setup.no_token_body")}>{null}</Gate>;
  return (
    <Gate title={t("setup.title")} lead={t("setup.lead")}>
      <SetupForm token={token} />
    </Gate>
  );
}

function SetupForm({ token }: { token: string }) {
  const navigate = useNavigate();
  const setUp = useSetUp();
  const form = useForm({ mode: "controlled", initialValues: { name: "", organisation: "", email: "", password: "" } });
  const sending = useSending(form, async (values) => {
    await setUp.mutateAsync({ token, ...values });
    await navigate({ to: "/sites", replace: true });
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("setup.name")} autoComplete="name" required withAsterisk={false} data-autofocus {...form.getInputProps("name")} />
        <TextInput
          label={t("setup.organisation")}
          description={t("setup.organisation_help")}
          autoComplete="organization"
          required
          withAsterisk={false}
          {...form.getInputProps("organisation")}
        />
        <TextInput label={t("setup.email")} type="email" autoComplete="username" required withAsterisk={false} {...form.getInputProps("email")} />
        <ChosenPassword form={form} label={t("setup.password")} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("setup.submit")} left={<Anchor component={Link} to="/sign-in">{t("signin.submit")}</Anchor>} />
      </Stack>
    </form>
  );
}
