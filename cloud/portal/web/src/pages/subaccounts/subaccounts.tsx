import { Button, Drawer, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlus, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useRemoveSub, useResetSub, useSaveSub, useSubAccounts, type SubAccount, type SubDraft } from "../../api/orgs";
import { asProblem } from "../../api/problem";
import { Confirm } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { List } from "../../parts/list";
import { Empty, Notice, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { t } from "../../text/t";
import css from "../orgs/orgs.module.css";

/** The sub-installers of the organisation. */
export default function SubAccounts() {
  const subs = useSubAccounts();
  const reset = useResetSub();
  const remove = useRemoveSub();
  const [editing, setEditing] = useState<SubAccount | "new">();
  const [ending, setEnding] = useState<SubAccount>();
  const [mailed, setMailed] = useState("");
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing("new")}>
      {t("subs.new")}
    </Button>
  );
  const acts = (s: SubAccount) => (
    <Group gap={4} wrap="nowrap" className={css.acts}>
      <Button size="compact-sm" variant="subtle" onClick={() => setEditing(s)}>
        {t("act.edit")}
      </Button>
      <Button size="compact-sm" variant="subtle" onClick={() => reset.mutate(s.id, { onSuccess: () => setMailed(s.email) })}>
        {t("subs.reset")}
      </Button>
      <Button size="compact-sm" variant="subtle" color="red" onClick={() => setEnding(s)}>
        {t("act.delete")}
      </Button>
    </Group>
  );
  const columns: Column<SubAccount>[] = [
    { key: "username", title: t("subs.account"), cell: (s) => <span className={tableCSS.main}>{s.username}</span>, by: (s) => s.username },
    { key: "email", title: t("subs.email"), cell: (s) => s.email, by: (s) => s.email },
    { key: "phone", title: t("subs.phone"), cell: (s) => <span className={css.line}>{s.phone}</span> },
    { key: "state", title: t("subs.state"), cell: stateOf },
    { key: "acts", title: t("subs.acts"), cell: acts },
  ];
  return (
    <Page title={t("subs.title")} under={<span>{t("subs.lead")}</span>} acts={subs.data && subs.data.length > 0 && add}>
      {mailed && <Notice tone="ok">{t("subs.reset_sent", { email: mailed })}</Notice>}
      {reset.isError && <Notice tone="bad">{asProblem(reset.error).message}</Notice>}
      <Panel flush>
        <List
          name="subaccounts"
          of={subs}
          columns={columns}
          id={(s) => s.id}
          label={t("subs.title")}
          words={(s) => `${s.username} ${s.email}`}
          find={t("subs.find")}
          perPage={10}
          empty={<Empty icon={<IconUsers size={22} aria-hidden />} title={t("subs.empty")} body={t("subs.empty_body")} act={add} />}
          card={(s) => (
            <RowCard
              head={
                <>
                  <span className={tableCSS.main}>{s.username}</span>
                  {stateOf(s)}
                </>
              }
            >
              <span>{s.email}</span>
              {acts(s)}
            </RowCard>
          )}
        />
      </Panel>
      <Drawer
        opened={Boolean(editing)}
        onClose={() => setEditing(undefined)}
        size={480}
        title={editing === "new" ? t("subs.new") : t("subs.edit")}
        closeButtonProps={{ "aria-label": t("act.close") }}
      >
        {editing && <SubForm sub={editing === "new" ? undefined : editing} onDone={() => setEditing(undefined)} />}
      </Drawer>
      <Confirm
        opened={Boolean(ending)}
        title={t("subs.remove_title", { name: ending?.username ?? "" })}
        body={t("subs.remove_body")}
        act={t("act.delete")}
        onClose={() => setEnding(undefined)}
        of={ending}
        onConfirm={remove.mutateAsync}
      />
    </Page>
  );
}

const stateOf = (s: SubAccount) => <State tone={s.activated ? "ok" : "warn"} word={s.activated ? t("orgs.active") : t("orgs.waiting")} />;

function SubForm({ sub, onDone }: { sub: SubAccount | undefined; onDone: () => void }) {
  const save = useSaveSub();
  const form = useForm<SubDraft>({
    mode: "controlled",
    initialValues: { id: sub?.id, revision: sub?.revision, username: sub?.username ?? "", email: sub?.email ?? "", phone: sub?.phone ?? "" },
  });
  const sending = useSending(form, async (v) => {
    await save.mutateAsync(v);
    onDone();
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("subs.account")} data-autofocus autoComplete="off" spellCheck={false} {...form.getInputProps("username")} />
        <TextInput label={t("subs.email")} description={t("subs.email_help")} type="email" autoComplete="off" {...form.getInputProps("email")} />
        <TextInput label={t("subs.phone")} description={t("form.phone_help")} type="tel" autoComplete="off" {...form.getInputProps("phone")} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={sub ? t("act.save") : t("subs.new")} cancel={onDone} />
      </Stack>
    </form>
  );
}
