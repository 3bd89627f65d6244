import { Button, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconFingerprint, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { asProblem, Problem } from "../../api/problem";
import { useAddPasskey, usePasskeys, useRemovePasskey, type Passkey } from "../../api/security";
import { FormEnd, useSending } from "../../parts/form";
import { Empty, Failed, Notice, Panel, SkeletonRows } from "../../parts/page";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import { clientOf } from "../../words/client";
import { browserKnowsPasskeys, obstacle, why, type Obstacle } from "../../words/passkey";
import { AskPassword } from "./askpassword";
import css from "./security.module.css";

const explained = {
  browser: "passkey.no_browser",
  no_host: "passkey.no_host",
  other_host: "passkey.no_other_host",
} as const satisfies Record<Exclude<Obstacle, "">, string>;

/** The passkeys of the account. */
export function PasskeysPanel({ host }: { host: string }) {
  const keys = usePasskeys();
  const remove = useRemovePasskey();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Passkey>();
  const blocked = obstacle(browserKnowsPasskeys(), host, location.hostname);
  const add = (
    <Button variant="default" size="compact-md" leftSection={<IconPlus size={16} aria-hidden />} disabled={blocked !== ""} onClick={() => setAdding(true)}>
      {t("passkey.add")}
    </Button>
  );
  return (
    <Panel title={t("passkey.title")} acts={add}>
      <p className={css.lead}>{t("passkey.lead")}</p>
      {blocked && <Notice tone="warn">{t(explained[blocked], { host })}</Notice>}
      {keys.isPending && <SkeletonRows n={2} />}
      {keys.isError && <Failed error={keys.error} again={() => void keys.refetch()} />}
      {keys.data?.length === 0 && <Empty small body={t("passkey.empty")} />}
      <ul className={css.rows}>
        {keys.data?.map((k) => (
          <li key={k.id} className={css.row}>
            <IconFingerprint size={20} aria-hidden />
            <div className={css.what}>
              <strong>{k.name}</strong>
              <span className="soft">
                {t("passkey.made")} <When at={k.created_at} /> ·{" "}
                {k.used_at ? (
                  <>
                    {t("passkey.used")} <When at={k.used_at} />
                  </>
                ) : (
                  t("passkey.never")
                )}
              </span>
            </div>
            <Button variant="default" onClick={() => setRemoving(k)} aria-label={`${t("passkey.remove")}: ${k.name}`}>
              {t("passkey.remove")}
            </Button>
          </li>
        ))}
      </ul>
      <AddPasskey opened={adding} onClose={() => setAdding(false)} />
      <AskPassword
        opened={Boolean(removing)}
        title={t("passkey.remove_title")}
        body={t("passkey.remove_body", { name: removing?.name ?? "" })}
        act={t("passkey.remove")}
        onClose={() => setRemoving(undefined)}
        onPassword={(password) => remove.mutateAsync({ id: removing!.id, password })}
      />
    </Panel>
  );
}

function AddPasskey({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t("passkey.add_title")} closeButtonProps={{ "aria-label": t("act.close") }}>
      <AddForm onClose={onClose} />
    </Modal>
  );
}

function AddForm({ onClose }: { onClose: () => void }) {
  const add = useAddPasskey();
  const [old, setOld] = useState(false); // the sign-in is too old to go on without the password
  const form = useForm({ mode: "uncontrolled", initialValues: { name: clientOf(navigator.userAgent).system, password: "" } });
  const sending = useSending(form, async ({ name, password }) => {
    try {
      await add.mutateAsync({ name, password: password || undefined });
      onClose();
    } catch (err) {
      if (!(err instanceof Problem)) throw new Problem(0, "passkey", t(`passkey.why_${why(err)}`));
      if ("password" in asProblem(err).fields) setOld(true);
      throw err;
    }
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <Text lh={1.55}>{t("passkey.add_body")}</Text>
        <TextInput label={t("passkey.name")} description={t("passkey.name_help")} maxLength={64} data-autofocus key={form.key("name")} {...form.getInputProps("name")} />
        {old && (
          <PasswordInput
            label={t("security.password_again")}
            description={t("security.password_why")}
            autoComplete="current-password"
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
        )}
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("passkey.add")} cancel={onClose} />
      </Stack>
    </form>
  );
}
