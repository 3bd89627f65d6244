import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useSetupOpen, useSignIn } from "../../api/account";
import { useSending } from "../../parts/form";
import { Notice } from "../../parts/page";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";

export default function SignIn() {
  const { next } = useSearch({ from: "/sign-in" });
  const navigate = useNavigate();
  const router = useRouter();
  const open = useSetupOpen();
  const signIn = useSignIn();
  const form = useForm({ mode: "uncontrolled", initialValues: { email: "", password: "" } });
  const sending = useSending(form, async (values) => {
    await signIn.mutateAsync(values);
    // Only addresses of this portal are followed.
    if (next && /^\/(?![/\\])/.test(next)) router.history.push(next);
    else await navigate({ to: "/sites" });
  });
  return (
    <Gate title={t("signin.title")}>
      <form onSubmit={sending.submit} noValidate style={{ marginTop: 16 }}>
        <Stack gap="md">
          {open.data?.open && <Notice tone="warn">{t("signin.setup_open")}</Notice>}
          <TextInput
            label={t("signin.email")}
            type="email"
            autoComplete="username"
            autoFocus
            required
            withAsterisk={false}
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label={t("signin.password")}
            autoComplete="current-password"
            required
            withAsterisk={false}
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          {sending.rest && <Notice tone="bad">{sending.rest}</Notice>}
          <Button type="submit" loading={sending.busy} fullWidth mt={4}>
            {t("signin.submit")}
          </Button>
        </Stack>
      </form>
    </Gate>
  );
}
