import { Anchor, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import { useRegister, useRegisterCode, type RegisterState } from "../../api/resets";
import { FormEnd, useSending } from "../../parts/form";
import { SkeletonRows } from "../../parts/page";
import { Gate } from "../../shell/gate";
import { language } from "../../text/language";
import { t } from "../../text/t";
import { tokenOf } from "../../words/policy";
import { ChosenPassword } from "../account/newpassword";

/** Makes the account of a home's resident by the code of its monitor (PEOPLE-25). Mostly opened on a phone that scanned it. */
export default function Register() {
  const [token] = useState(() => tokenOf(window.location.hash));
  const code = useRegisterCode(token);
  const [void_, setVoid] = useState<unknown>(); // the code ended while the form was filled in
  if (!token || code.isError || void_) return <WrongCode error={void_ ?? code.error} />;
  if (!code.data) {
    return (
      <Gate title={t("register.title")}>
        <SkeletonRows n={4} />
      </Gate>
    );
  }
  return (
    <Gate title={t("register.title")} lead={t("register.lead", { home: homeWords(code.data), site: code.data.site })}>
      <Form token={token} onVoid={setVoid} />
    </Gate>
  );
}

/** What a home is called: its own name, or its number. */
function homeWords(home: RegisterState): string {
  return home.name || t("register.home", { number: home.apartment });
}

function Form({ token, onVoid }: { token: string; onVoid: (err: unknown) => void }) {
  const navigate = useNavigate();
  const register = useRegister();
  const form = useForm({ mode: "controlled", initialValues: { first_name: "", last_name: "", email: "", password: "" } });
  const sending = useSending(form, async (values) => {
    try {
      await register.mutateAsync({ token, ...values, language: language() });
    } catch (err) {
      if (asProblem(err).status === 410) onVoid(err);
      throw err;
    }
    await navigate({ to: "/", replace: true });
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("register.first_name")} autoComplete="given-name" required withAsterisk={false} {...form.getInputProps("first_name")} />
        <TextInput label={t("register.last_name")} autoComplete="family-name" {...form.getInputProps("last_name")} />
        <TextInput
          label={t("register.email")}
          type="email"
          inputMode="email"
          autoComplete="email"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          {...form.getInputProps("email")}
        />
        <ChosenPassword form={form} label={t("register.password")} />
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={t("register.submit")}
          left={
            <Anchor component={Link} to="/sign-in" size="sm">
              {t("register.have")}
            </Anchor>
          }
        />
      </Stack>
    </form>
  );
}

/** What stands where a code opens nothing: the same words for every reason. */
function WrongCode({ error }: { error?: unknown }) {
  const p = error ? asProblem(error) : undefined;
  return (
    <Gate title={t("register.wrong")} lead={p && p.status !== 410 ? p.message : t("register.wrong_body")}>
      <Button component={Link} to="/sign-in" variant="default" fullWidth>
        {t("register.have")}
      </Button>
    </Gate>
  );
}
