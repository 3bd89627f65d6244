import { Anchor, Button, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useAgree, useDisagree, useGiveEmail, useMe, usePolicy, useProvider, useSendCode, useShowFactor, useSignOut, type Me } from "../../api/account";
import { keys } from "../../api/keys";
import { asProblem } from "../../api/problem";
import { FormEnd, useSending } from "../../parts/form";
import { Failed, Notice, SkeletonRows } from "../../parts/page";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";
import { ownAddress } from "../../words/policy";
import css from "./account.module.css";
import { PolicyDate, PolicyText } from "./policytext";
import { ServiceProvider } from "./provider";

/** What stands between a right password and the portal: second factor, privacy policy, e-mail address (ACC-03, ACC-07, ACC-04). */
export default function Gates() {
  const { next } = useSearch({ from: "/gate" });
  const router = useRouter();
  const me = useMe();
  const open = me.data?.gate === "";
  const [agreed, setAgreed] = useState(false);
  // Right after Agree, an installer is offered to name the service provider; it may stay blank (ACC-08).
  const asks = open && agreed && me.data?.role === "installer" && me.data.rights.includes("org.write");
  const provider = useProvider(asks);
  const offered = asks && !provider.isError && (!provider.data || provider.data.revision === 0);
  useEffect(() => {
    if (open && !offered) router.history.replace(ownAddress(next) ?? "/");
  }, [open, offered, next, router]);
  if (offered && provider.data) return <ServiceProvider form={provider.data.form} onDone={() => setAgreed(false)} />;
  if (!me.data || open) return <Gate title={t("signin.title")}><SkeletonRows n={3} /></Gate>;
  if (me.data.gate === "factor") return <Factor me={me.data} />;
  if (me.data.gate === "consent") return <Consent me={me.data} onAgreed={() => setAgreed(true)} />;
  return <Email />;
}

/** The way back: ends the session that waits. */
function Leave() {
  const leave = useSignOut();
  return (
    <Anchor component="button" type="button" size="sm" onClick={leave}>
      {t("gate.leave")}
    </Anchor>
  );
}

type Method = "email" | "totp" | "recovery";
const methodOrder: Method[] = ["totp", "email", "recovery"];

function Factor({ me }: { me: Me }) {
  const methods = methodOrder.filter((m) => me.factor_methods.includes(m));
  const [method, setMethod] = useState<Method>(methods[0] ?? "email");
  const show = useShowFactor();
  const navigate = useNavigate();
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" } });
  const sending = useSending(form, async ({ code }) => {
    try {
      await show.mutateAsync({ method, code: code.replace(/\s/g, "") });
    } catch (err) {
      // Too many wrong codes end the session.
      if (asProblem(err).status === 401) await navigate({ to: "/sign-in" });
      throw err;
    }
  });
  return (
    <Gate title={t("gate.factor")} lead={t(`gate.${method}_lead`, { email: me.email })}>
      <form onSubmit={sending.submit} noValidate>
        <Stack gap="md">
          {methods.length > 1 && (
            <SegmentedControl
              aria-label={t("gate.method")}
              value={method}
              onChange={(m) => setMethod(m as Method)}
              data={methods.map((m) => ({ value: m, label: t(`gate.${m}`) }))}
              fullWidth
            />
          )}
          {method === "email" && <SendCode />}
          <TextInput
            label={method === "recovery" ? t("gate.recovery_code") : t("gate.code")}
            autoComplete="one-time-code"
            inputMode={method === "recovery" ? "text" : "numeric"}
            autoFocus
            required
            withAsterisk={false}
            key={form.key("code")}
            {...form.getInputProps("code")}
          />
          <FormEnd rest={sending.rest} busy={sending.busy} act={t("gate.factor_submit")} left={<Leave />} />
        </Stack>
      </form>
    </Gate>
  );
}

/** Mails a code as soon as it is shown, and again when asked. */
let mailed = false;

function SendCode() {
  const { mutate, ...code } = useSendCode();
  useEffect(() => {
    if (mailed) return;
    mailed = true;
    mutate(undefined, { onSettled: () => setTimeout(() => (mailed = false), 1000) });
  }, [mutate]);
  return (
    <div className={css.foot} aria-live="polite">
      <span className="soft">{code.isError ? asProblem(code.error).message : code.isPending ? t("gate.sending") : t("gate.sent")}</span>
      <Anchor component="button" type="button" size="sm" onClick={() => mutate()}>
        {t("gate.resend")}
      </Anchor>
    </div>
  );
}

function Consent({ me, onAgreed }: { me: Me; onAgreed: () => void }) {
  const policy = usePolicy(me.org.id, me.policy.current);
  const agree = useAgree();
  const disagree = useDisagree();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [refused, setRefused] = useState(false);
  // The text was changed while it was read: who is signed in says which version counts now.
  const again = () => Promise.all([client.invalidateQueries({ queryKey: keys.me }), policy.refetch()]);
  const leave = async () => {
    await disagree.mutateAsync(policy.data!.version).catch(() => undefined);
    await navigate({ to: "/sign-in" });
  };
  const go = () => {
    onAgreed(); // before the gate opens, else the page is left
    agree.mutate(policy.data!.version, { onError: () => void again() });
  };
  let body: ReactNode = <SkeletonRows n={5} />;
  if (policy.isError) body = <Failed error={policy.error} again={() => policy.refetch()} />;
  if (policy.data) {
    body = (
      <Stack gap="md">
        <PolicyDate policy={policy.data} />
        <div className={css.scroll} tabIndex={0} role="region" aria-label={t("nav.policy")}>
          <PolicyText policy={policy.data} />
        </div>
        {agree.isError && <Notice tone="bad">{asProblem(agree.error).message}</Notice>}
        {refused && <Notice tone="warn">{t("gate.disagree_ask")}</Notice>}
        <div className={css.row}>
          <Button variant="default" loading={disagree.isPending} onClick={() => (refused ? leave() : setRefused(true))}>
            {refused ? t("gate.disagree_leave") : t("gate.disagree")}
          </Button>
          <Button loading={agree.isPending} onClick={go}>
            {t("gate.agree")}
          </Button>
        </div>
      </Stack>
    );
  }
  return (
    <Gate title={t("nav.policy")} lead={me.policy.agreed > 0 ? t("gate.policy_changed") : t("gate.policy_lead")}>
      {body}
    </Gate>
  );
}

function Email() {
  const give = useGiveEmail();
  const form = useForm({ mode: "uncontrolled", initialValues: { email: "" } });
  const sending = useSending(form, ({ email }) => give.mutateAsync(email));
  return (
    <Gate title={t("gate.address")} lead={t("gate.address_lead")}>
      <form onSubmit={sending.submit} noValidate>
        <Stack gap="md">
          <TextInput
            label={t("signin.email")}
            type="email"
            autoComplete="email"
            autoFocus
            required
            withAsterisk={false}
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <FormEnd rest={sending.rest} busy={sending.busy} act={t("gate.address_submit")} left={<Leave />} />
        </Stack>
      </form>
    </Gate>
  );
}
