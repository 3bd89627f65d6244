import { Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useSetupOpen, useSignIn } from "../../api/account";
import { useSending } from "../../parts/form";
import { Notice } from "../../parts/page";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";
import { ownAddress } from "../../words/policy";
import { PasskeyButton } from "../security/passkeybutton";
import css from "./account.module.css";

/** Sign-in by e-mail address or user name (ACC-01). */
export default function SignIn() {
  const { next } = useSearch({ from: "/sign-in" });
  const router = useRouter();
  const open = useSetupOpen();
  const signIn = useSignIn();
  const form = useForm({ mode: "uncontrolled", initialValues: { login: "", password: "" } });
  const client = useQueryClient();
  const on = () => router.history.push(ownAddress(next) ?? "/");
  const sending = useSending(form, async (values) => {
    await signIn.mutateAsync(values);
    on();
  });
  return (
    <Gate title={t("signin.title")}>
      <form onSubmit={sending.submit} noValidate className={css.form}>
        <Stack gap="md">
          {open.data?.open && <Notice tone="warn">{t("signin.setup_open")}</Notice>}
          <TextInput
            label={t("signin.login")}
            autoComplete="username webauthn"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            required
            withAsterisk={false}
            key={form.key("login")}
            {...form.getInputProps("login")}
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
          <PasskeyButton
            onSigned={() => {
              client.clear();
              on();
            }}
          />
          <div className={css.foot}>
            <Anchor component={Link} to="/reset" size="sm">
              {t("signin.forgot")}
            </Anchor>
            <Anchor component={Link} to="/policy" size="sm">
              {t("nav.policy")}
            </Anchor>
          </div>
        </Stack>
      </form>
    </Gate>
  );
}
