import { Drawer, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useMe } from "../../api/account";
import { useSaveSite } from "../../api/sites";
import { FormEnd, useSending } from "../../parts/form";
import { ownZone, ZoneSelect } from "../../parts/zones";
import { chooseWork, workFor } from "../../shell/work";
import { t } from "../../text/t";
import { siteKinds, type SiteKind } from "../../words/sitekind";

/** The form of a new site, in a drawer or in the empty page. */
export function NewSiteForm({ kind, cancel }: { kind: SiteKind; cancel?: () => void }) {
  const navigate = useNavigate();
  const save = useSaveSite();
  const account = useMe().data?.id ?? "";
  const form = useForm({ mode: "controlled", initialValues: { kind: kind as string, name: "", time_zone: ownZone() } });
  const sending = useSending(form, async (values) => {
    const site = await save.mutateAsync(values);
    chooseWork(account, workFor(site.kind)); // one goes on where the new site is listed
    await navigate({ to: "/sites/$site", params: { site: site.id } });
  });
  return (
    <form onSubmit={sending.submit} noValidate style={{ textAlign: "start" }}>
      <Stack gap="md">
        <TextInput label={t("sites.name")} autoFocus data-autofocus required withAsterisk={false} {...form.getInputProps("name")} />
        <KindSelect {...form.getInputProps("kind")} />
        <ZoneSelect current={form.values.time_zone} {...form.getInputProps("time_zone")} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("sites.create")} cancel={cancel} />
      </Stack>
    </form>
  );
}

/** Picks the kind of a site, and says what it is for. */
export function KindSelect(props: { value?: string; onChange?: (kind: string | null) => void; error?: React.ReactNode }) {
  const at = siteKinds.find((k) => k === props.value) ?? "community";
  return (
    <Select label={t("sitekind.label")} description={t(`sitekind.help_${at}`)} data={siteKinds.map((k) => ({ value: k, label: t(`sitekind.${k}`) }))} {...props} />
  );
}

/** Makes a site of the kind that was asked for. */
export function NewSite({ kind, onClose }: { kind: SiteKind | undefined; onClose: () => void }) {
  return (
    <Drawer opened={Boolean(kind)} onClose={onClose} title={t("sites.new")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {kind && <NewSiteForm key={kind} kind={kind} cancel={onClose} />}
    </Drawer>
  );
}
