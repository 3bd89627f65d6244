import { Anchor, Button, PasswordInput, Progress, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useSetUp, useSetupOpen } from "../../api/account";
import { FormEnd, useSending } from "../../parts/form";
import { State } from "../../parts/state";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";
import { passwordHint } from "../../words/password";
import { tokenOf } from "../../words/policy";

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
  const hint = passwordHint(form.values.password);
  const colour = { ok: "green", warn: "yellow", bad: "red", off: "gray" }[hint.tone];
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
        <div>
          <PasswordInput
            label={t("setup.password")}
            autoComplete="new-password"
            required
            withAsterisk={false}
            aria-describedby="password-hint"
            {...form.getInputProps("password")}
          />
          <div aria-hidden>
            <Progress value={hint.part * 100} color={colour} size={4} mt={8} />
          </div>
          <div id="password-hint" aria-live="polite" style={{ marginTop: 6, fontSize: 13 }}>
            {hint.part > 0 ? <State tone={hint.tone} word={hint.words} /> : <span className="soft">{hint.words}</span>}
          </div>
        </div>
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("setup.submit")} left={<Anchor component={Link} to="/sign-in">{t("signin.submit")}</Anchor>} />
      </Stack>
    </form>
  );
}
