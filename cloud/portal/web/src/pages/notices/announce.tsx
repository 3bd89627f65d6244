import { Drawer, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useAnnounce } from "../../api/notices";
import { FormEnd, useSending } from "../../parts/form";
import { t } from "../../text/t";

/** The operator tells everybody who runs an organisation. */
export function Announce({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const announce = useAnnounce();
  const form = useForm({ mode: "uncontrolled", initialValues: { title: "", text: "", mail: true } });
  const close = () => {
    form.reset();
    onClose();
  };
  const { submit, busy, rest } = useSending(form, async (values) => {
    const { told } = await announce.mutateAsync(values);
    notifications.show({ message: t("notices.announced", { n: told }) });
    close();
  });
  return (
    <Drawer opened={opened} onClose={close} title={t("notices.announce")} closeButtonProps={{ "aria-label": t("act.close") }}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput label={t("notices.subject")} required maxLength={120} data-autofocus key={form.key("title")} {...form.getInputProps("title")} />
          <Textarea label={t("notices.text")} required rows={8} maxLength={4000} key={form.key("text")} {...form.getInputProps("text")} />
          <Switch label={t("notices.mail")} description={t("notices.mail_help")} key={form.key("mail")} {...form.getInputProps("mail", { type: "checkbox" })} />
          <FormEnd rest={rest} busy={busy} act={t("notices.send")} cancel={close} />
        </Stack>
      </form>
    </Drawer>
  );
}
