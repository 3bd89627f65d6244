import { Drawer, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useSaveSite } from "../../api/sites";
import { FormEnd, useSending } from "../../parts/form";
import { ownZone, ZoneSelect } from "../../parts/zones";
import { t } from "../../text/t";

/** The form of a new site, in a drawer or in the empty page. */
export function NewSiteForm({ cancel }: { cancel?: () => void }) {
  const navigate = useNavigate();
  const save = useSaveSite();
  const form = useForm({ mode: "controlled", initialValues: { name: "", time_zone: ownZone() } });
  const sending = useSending(form, async (values) => {
    const site = await save.mutateAsync(values);
    await navigate({ to: "/sites/$site", params: { site: site.id } });
  });
  return (
    <form onSubmit={sending.submit} noValidate style={{ textAlign: "start" }}>
      <Stack gap="md">
        <TextInput label={t("sites.name")} autoFocus data-autofocus required withAsterisk={false} {...form.getInputProps("name")} />
        <ZoneSelect current={form.values.time_zone} {...form.getInputProps("time_zone")} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("sites.create")} cancel={cancel} />
      </Stack>
    </form>
  );
}

export function NewSite({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Drawer opened={opened} onClose={onClose} title={t("sites.new")} closeButtonProps={{ "aria-label": t("act.close") }}>
      <NewSiteForm cancel={onClose} />
    </Drawer>
  );
}
