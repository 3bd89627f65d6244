import { Button, Group, NumberInput, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useMe } from "../../api/account";
import { useOrg, useRemoveOrg, useRenameOrg, useSendOrgLink, useSetGates, type HandedOut } from "../../api/orgs";
import { asProblem } from "../../api/problem";
import { Confirm } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { Facts, Failed, Notice, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { t, type Key } from "../../text/t";
import EnterButton from "../access/enter";
import { ShowLink } from "./neworg";
import css from "./orgs.module.css";
import { accessWords, Activated } from "./states";
import { gatesOf } from "./words";

/** One organisation that was handed out: its owner, its switches, never its sites. */
export default function OrgPage() {
  const { org: id } = useParams({ strict: false }) as { org: string };
  const org = useOrg(id);
  const { data: me } = useMe();
  if (!org.data || !me) return org.isError ? <Failed error={org.error} again={() => void org.refetch()} /> : <SkeletonRows />;
  const o = org.data;
  return (
    <Page
      title={o.name}
      crumbs={<Link to="/orgs">{me.role === "operator" ? t("orgs.distributors") : t("orgs.installers")}</Link>}
      under={<State {...accessWords(o)} />}
      acts={<EnterButton org={o} />}
    >
      <Owner of={o} />
      <GateSwitches key={o.id} of={o} role={me.role} />
      <NameAndEnd key={`name-${o.revision}`} of={o} />
    </Page>
  );
}

function Owner({ of }: { of: HandedOut }) {
  const send = useSendOrgLink(of.id);
  const [link, setLink] = useState<string>();
  const go = () => send.mutate(undefined, { onSuccess: (r) => setLink(r.link) });
  return (
    <Panel title={t("orgs.owner")} acts={<Button variant="default" loading={send.isPending} onClick={go}>{t("orgs.send")}</Button>}>
      <Stack gap="sm">
        <Facts
          rows={[
            [t("orgs.owner_name"), of.account.name], [t("orgs.owner"), <Activated of={of} />], [t("orgs.kind"), t(`orgs.kind_${of.kind}`)],
            [t("orgs.parent"), of.kind === "installer" ? of.parent.name : ""], [t("orgs.sites"), String(of.sites)],
          ]}
        />
        {send.data?.mailed && <Notice tone="ok">{t("orgs.sent", { email: of.account.email })}</Notice>}
        {send.isError && <Notice tone="bad">{asProblem(send.error).message}</Notice>}
      </Stack>
      <ShowLink link={link} onDone={() => setLink(undefined)} />
    </Panel>
  );
}

function GateSwitches({ of, role }: { of: HandedOut; role: string }) {
  const save = useSetGates(of);
  const [credits, setCredits] = useState<string | number>(of.gates.credits);
  return (
    <Panel title={t("orgs.gates_title")}>
      <p className="soft">{t("orgs.gates_lead")}</p>
      {gatesOf(role, of.kind).map((g) => (
        <div key={g} className={css.gate}>
          <Switch
            label={t(`orgs.gate_${g}` as Key)}
            description={t(`orgs.gate_${g}_help` as Key)}
            checked={of.gates[g]}
            disabled={save.isPending}
            onChange={(e) => save.mutate({ [g]: e.currentTarget.checked })}
          />
        </div>
      ))}
      {role === "distributor" && (
        <div className={css.gate}>
          <NumberInput
            label={t("orgs.gate_credits")}
            description={t("orgs.gate_credits_help")}
            min={0}
            max={1_000_000_000}
            allowDecimal={false}
            value={credits}
            onChange={setCredits}
          />
          <Button variant="default" disabled={credits === of.gates.credits} loading={save.isPending} onClick={() => save.mutate({ credits: Number(credits) })}>
            {t("orgs.credits_save")}
          </Button>
        </div>
      )}
      {save.isError && <Notice tone="bad">{Object.values(asProblem(save.error).fields)[0] ?? asProblem(save.error).message}</Notice>}
    </Panel>
  );
}

function NameAndEnd({ of }: { of: HandedOut }) {
  const rename = useRenameOrg(of);
  const remove = useRemoveOrg(of);
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const form = useForm({ mode: "controlled", initialValues: { name: of.name } });
  const sending = useSending(form, (v) => rename.mutateAsync(v.name));
  const end = (
    <Group>
      <Button variant="subtle" color="red" onClick={() => setAsking(true)}>
        {t("orgs.remove")}
      </Button>
    </Group>
  );
  return (
    <Panel title={t("orgs.name")}>
      <form onSubmit={sending.submit} noValidate>
        <Stack gap="md">
          <TextInput label={t("orgs.name")} {...form.getInputProps("name")} />
          <FormEnd rest={sending.rest} busy={sending.busy} act={t("orgs.rename")} left={end} />
        </Stack>
      </form>
      <Confirm
        opened={asking}
        title={t("orgs.remove_title", { name: of.name })}
        body={t("orgs.remove_body")}
        act={t("act.delete")}
        onClose={() => setAsking(false)}
        onConfirm={async () => {
          await remove.mutateAsync();
          await navigate({ to: "/orgs" });
        }}
      />
    </Panel>
  );
}
