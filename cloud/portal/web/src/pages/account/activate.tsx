import { Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useActivate, useLink, type LinkState } from "../../api/account";
import { FormEnd } from "../../parts/form";
import { SkeletonRows } from "../../parts/page";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";
import { tokenOf } from "../../words/policy";
import { NewPassword, useSendingTwice } from "./newpassword";
import { WrongLink } from "./wronglink";

/** Chooses the first password of an account by the link of its mail. */
export default function Activate() {
  const [token] = useState(() => tokenOf(window.location.hash));
  const link = useLink(token);
  if (!token || link.isError || (link.data && link.data.kind !== "activate")) return <WrongLink error={link.error} />;
  if (!link.data) return <Gate title={t("activate.title")}><SkeletonRows n={3} /></Gate>;
  const lead = t("activate.lead", { name: link.data.name, organisation: link.data.organisation });
  return (
    <Gate title={t("activate.title")} lead={lead}>
      <ActivateForm token={token} link={link.data} />
    </Gate>
  );
}

function ActivateForm({ token, link }: { token: string; link: LinkState }) {
  const navigate = useNavigate();
  const activate = useActivate();
  const form = useForm({ mode: "controlled", initialValues: { username: "", password: "", again: "" } });
  const sending = useSendingTwice(form, async ({ username, password }) => {
    await activate.mutateAsync({ token, password, ...(username ? { username } : {}) });
    await navigate({ to: "/", replace: true });
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={link.email ? t("activate.email") : t("activate.username")} value={link.email || link.username} readOnly autoComplete="username" />
        <NewPassword form={form} label={t("activate.password")} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("activate.submit")} />
      </Stack>
    </form>
  );
}
