import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useMe } from "../../api/account";
import { useOrg, useRemoveOrg, useRenameOrg, useSendOrgLink, useSetCredits, useSetGate, type HandedOut } from "../../api/orgs";
import { asProblem } from "../../api/problem";
import { Confirm } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { Facts, Failed, Notice, Page, Panel, Panels, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { t } from "../../text/t";
import EnterButton from "../access/enter";
import { Credits, GateList } from "./gates";
import { ShowLink } from "./neworg";
import css from "./orgs.module.css";
import { accessWords, Activated } from "./states";
import { orgsTitle } from "./words";

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
      crumbs={<Link to="/orgs">{orgsTitle(me.role)}</Link>}
      under={<State {...accessWords(o)} />}
      acts={<EnterButton org={o} />}
    >
      <Panels>
        <Owner of={o} />
        <GateSwitches key={o.id} of={o} role={me.role} />
        <NameAndEnd key={`name-${o.id}`} of={o} />
      </Panels>
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
            ...(of.kind === "installer" ? [[t("orgs.parent"), of.parent.name] as [string, string]] : []), [t("orgs.sites"), String(of.sites)],
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
  const save = useSetGate(of.id);
  return (
    <Panel title={t("orgs.gates_title")}>
      <p className={css.lead}>{t("orgs.gates_lead")}</p>
      <GateList
        kind={of.kind}
        busy={save.isPending}
        on={(g) => of.gates[g]}
        onChange={(g, on) => save.mutate({ gates: { [g]: on }, revision: of.revision })}
      />
      {role === "distributor" && <CreditsForm of={of} />}
      {save.isError && <Notice tone="bad">{Object.values(asProblem(save.error).fields)[0] ?? asProblem(save.error).message}</Notice>}
    </Panel>
  );
}

function CreditsForm({ of }: { of: HandedOut }) {
  const save = useSetCredits(of.id);
  const form = useForm({ mode: "controlled", initialValues: { credits: of.gates.credits, revision: of.revision } });
  const sending = useSending(form, async (v) => {
    const saved = await save.mutateAsync(v);
    notifications.show({ message: t("form.saved"), color: "teal" });
    return saved;
  });
  return (
    <form className={css.credits} onSubmit={sending.submit} noValidate>
      <Credits {...form.getInputProps("credits")} />
      <Button type="submit" variant="default" disabled={!form.isDirty("credits")} loading={sending.busy}>
        {t("orgs.credits_save")}
      </Button>
      {sending.rest && <Notice tone="bad">{sending.rest}</Notice>}
    </form>
  );
}

function NameAndEnd({ of }: { of: HandedOut }) {
  const rename = useRenameOrg(of.id);
  const remove = useRemoveOrg();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const form = useForm({ mode: "controlled", initialValues: { name: of.name, revision: of.revision } });
  const sending = useSending(form, async (v) => {
    const saved = await rename.mutateAsync(v);
    notifications.show({ message: t("form.saved"), color: "teal" });
    return saved;
  });
  const end = (
    <Group>
      <Button variant="subtle" color="red" onClick={() => setAsking(true)}>
        {t("orgs.remove")}
      </Button>
    </Group>
  );
  return (
    <Panel title={t("orgs.one")}>
      <form className={css.narrow} onSubmit={sending.submit} noValidate>
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
        of={of}
        onConfirm={async (seen) => {
          await remove.mutateAsync(seen);
          await navigate({ to: "/orgs" });
        }}
      />
    </Panel>
  );
}
