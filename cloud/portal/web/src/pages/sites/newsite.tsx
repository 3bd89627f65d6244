import { Drawer, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMe } from "../../api/account";
import { useSaveSite } from "../../api/sites";
import { FormEnd, useSending } from "../../parts/form";
import { ownZone, ZoneSelect } from "../../parts/zones";
import { useMay } from "../../shell/eyes";
import { chooseWork, workFor } from "../../shell/work";
import { t } from "../../text/t";
import { ManagerStep } from "../managers/step";
import { siteKinds, type SiteKind } from "../../words/sitekind";

/** The form of a new site, in a drawer or in the empty page; with `managers` it goes on to who manages the site. */
export function NewSiteForm({ kind, managers, cancel }: { kind: SiteKind; managers?: boolean; cancel?: () => void }) {
  const navigate = useNavigate();
  const save = useSaveSite();
  const assigns = useMay("managers.write") && managers;
  const [made, setMade] = useState<{ id: string; name: string }>();
  const open = (id: string) => navigate({ to: "/sites/$site", params: { site: id } });
  const account = useMe().data?.id ?? "";
  const form = useForm({ mode: "controlled", initialValues: { kind: kind as string, name: "", time_zone: ownZone() } });
  const sending = useSending(form, async (values) => {
    const site = await save.mutateAsync(values);
    chooseWork(account, workFor(site.kind)); // one goes on where the new site is listed
    if (assigns && site.kind !== "single") setMade({ id: site.id, name: site.name });
    else await open(site.id);
  });
  if (made) {
    return (
      <Stack gap="md" style={{ textAlign: "start" }}>
        <p style={{ margin: 0, lineHeight: 1.55 }}>{t("sites.managers_body", { name: made.name })}</p>
        <ManagerStep site={made.id} onDone={() => void open(made.id)} />
      </Stack>
    );
  }
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
      {kind && <NewSiteForm key={kind} kind={kind} managers cancel={onClose} />}
    </Drawer>
  );
}
