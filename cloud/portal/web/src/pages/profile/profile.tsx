import { Button, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useMe, useReminded, useSaveMe, type Me } from "../../api/account";
import { FormEnd, useSending } from "../../parts/form";
import { Facts, Failed, Notice, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { ZoneSelect } from "../../parts/zones";
import { word, t } from "../../text/t";
import css from "../account/account.module.css";
import { ChangeEmail } from "./changeemail";
import { ChangePassword } from "./changepassword";
import { languageOptions } from "./languages";

/** The own account: who one is, language and time, notices, password (ACC-06, ACC-09, ACC-10). */
export default function Profile() {
  const me = useMe();
  return (
    <Page title={t("nav.profile")}>
      {me.isPending && <SkeletonRows />}
      {me.isError && !me.data && <Failed error={me.error} again={() => me.refetch()} />}
      {me.data && (
        <div className={css.narrow}>
          <Reminder me={me.data} />
          <About me={me.data} key={me.data.id} />
          <Notification me={me.data} />
          <Password />
        </div>
      )}
    </Page>
  );
}

/** A month went by since the password was changed or this was shown (PM-02). It forces nothing. */
function Reminder({ me }: { me: Me }) {
  const reminded = useReminded();
  if (!me.remind_password) return null;
  return (
    <Notice tone="warn">
      {t("profile.remind")}{" "}
      <Button variant="subtle" size="compact-sm" loading={reminded.isPending} onClick={() => reminded.mutate()}>
        {t("profile.remind_later")}
      </Button>
    </Notice>
  );
}

function About({ me }: { me: Me }) {
  const save = useSaveMe();
  const named = me.first_name !== "" || me.last_name !== "";
  const form = useForm({
    mode: "controlled",
    initialValues: {
      name: me.name, first_name: me.first_name, last_name: me.last_name, phone: me.phone, language: me.language, time_zone: me.time_zone, revision: me.revision,
    },
  });
  const sending = useSending(form, async ({ name, first_name, last_name, ...rest }) => {
    const saved = await save.mutateAsync({ ...rest, ...(named ? { first_name, last_name } : { name }) });
    form.setFieldValue("revision", saved.revision);
    notifications.show({ message: t("settings.saved"), color: "teal" });
    return saved;
  });
  return (
    <Panel title={t("profile.about")}>
      <form onSubmit={sending.submit} noValidate>
        <Stack gap="md">
          <Facts rows={[[t("profile.organisation"), me.entry?.home.name ?? me.org.name], [t("profile.role"), word("role", me.role)], [t("activate.username"), me.username]]} />
          {named ? (
            <>
              <TextInput label={t("people.first")} autoComplete="given-name" {...form.getInputProps("first_name")} />
              <TextInput label={t("people.last")} autoComplete="family-name" {...form.getInputProps("last_name")} />
            </>
          ) : (
            <TextInput label={t("profile.name")} autoComplete="name" {...form.getInputProps("name")} />
          )}
          <TextInput label={t("people.phone")} type="tel" autoComplete="tel" {...form.getInputProps("phone")} />
          <Select label={t("profile.language")} description={t("profile.language_help")} data={languageOptions()} allowDeselect={false} searchable {...form.getInputProps("language")} />
          <ZoneSelect
            current={form.values.time_zone}
            label={t("profile.zone")}
            description={t("profile.zone_help")}
            placeholder={t("profile.zone_org")}
            clearable
            {...form.getInputProps("time_zone")}
            value={form.values.time_zone || null}
            onChange={(zone) => form.setFieldValue("time_zone", zone ?? "")}
          />
          <FormEnd rest={sending.rest} busy={sending.busy} act={t("act.save")} />
        </Stack>
      </form>
    </Panel>
  );
}

function Notification({ me }: { me: Me }) {
  const save = useSaveMe();
  const [changing, setChanging] = useState(false);
  const fixed = me.role === "manager";
  return (
    <Panel title={t("profile.notification")}>
      <Stack gap="md">
        <Facts
          rows={[
            [
              t("signin.email"),
              me.email && (
                <span>
                  {me.email} <State tone={me.email_verified ? "ok" : "warn"} word={t(me.email_verified ? "profile.verified" : "profile.unverified")} />
                </span>
              ),
            ],
          ]}
        />
        {!me.email_verified && me.email && <Notice tone="warn">{t("profile.unverified_body")}</Notice>}
        {(!fixed || !me.email_verified) && (
          <div>
            <Button variant="default" onClick={() => setChanging(true)}>
              {t("profile.change_email")}
            </Button>
          </div>
        )}
        {fixed && <p className={css.under}>{t("profile.email_fixed")}</p>}
        <Switch
          label={t("profile.notify")}
          description={t("profile.notify_help")}
          checked={me.notify}
          disabled={save.isPending}
          onChange={(e) => save.mutate({ notify: e.currentTarget.checked })}
        />
      </Stack>
      <ChangeEmail me={me} opened={changing} onClose={() => setChanging(false)} />
    </Panel>
  );
}

function Password() {
  const [changing, setChanging] = useState(false);
  return (
    <Panel title={t("signin.password")}>
      <Stack gap="md">
        <p className={css.under}>{t("profile.password_body")}</p>
        <div>
          <Button variant="default" onClick={() => setChanging(true)}>
            {t("profile.change_password")}
          </Button>
        </div>
      </Stack>
      <ChangePassword opened={changing} onClose={() => setChanging(false)} />
    </Panel>
  );
}
