import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem, Conflict } from "../../api/problem";
import { useRemoveSite, useSaveSite, useSite } from "../../api/sites";
import type { Site } from "../../api/types";
import { FormEnd, useSending } from "../../parts/form";
import { Failed, Notice, Page, Panel, SkeletonRows } from "../../parts/page";
import { ZoneSelect } from "../../parts/zones";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { KindSelect } from "../sites/newsite";
import { Groups } from "./groups";
import { SiteManagers } from "./managers";

/** What belongs to the site as a whole. */
export default function Settings() {
  const { site } = useParams({ from: "/inside/sites/$site/settings" });
  const head = useSite(site);
  const may = useMay("managers.read");
  return (
    <Page title={t("settings.title")}>
      <div style={{ display: "grid", gap: 16, maxWidth: 720 }}>
        <Panel title={t("settings.site")}>
          {head.isPending && <SkeletonRows n={3} />}
          {head.isError && !head.data && <Failed error={head.error} again={() => head.refetch()} />}
          {head.data && <SiteForm site={head.data} />}
        </Panel>
        <Groups site={site} />
        {may && <SiteManagers site={site} />}
        {head.data && <Danger site={head.data} />}
      </div>
    </Page>
  );
}

function SiteForm({ site }: { site: Site }) {
  const save = useSaveSite(site.id);
  const form = useForm({ mode: "controlled", initialValues: { name: site.name, kind: site.kind as string, time_zone: site.time_zone, revision: site.revision } });
  const sending = useSending(form, async (values) => {
    const saved = await save.mutateAsync(values);
    notifications.show({ message: t("settings.saved"), color: "teal" });
    return saved;
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("sites.name")} {...form.getInputProps("name")} />
        <KindSelect {...form.getInputProps("kind")} />
        <ZoneSelect current={form.values.time_zone} {...form.getInputProps("time_zone")} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("act.save")} />
      </Stack>
    </form>
  );
}

function Danger({ site }: { site: Site }) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState("");
  const remove = useRemoveSite(site.id);
  const navigate = useNavigate();
  const go = async () => {
    try {
      await remove.mutateAsync(site.revision);
      await navigate({ to: "/sites" });
    } catch (err) {
      setProblem(err instanceof Conflict ? t("conflict.title") : asProblem(err).message);
    }
  };
  return (
    <Panel title={t("settings.danger")}>
      <Stack gap="md">
        <p style={{ margin: 0, lineHeight: 1.55 }} className="soft">
          {t("settings.danger_body")}
        </p>
        <TextInput label={t("settings.delete_type", { name: site.name })} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} autoComplete="off" />
        {problem && <Notice tone="bad">{problem}</Notice>}
        <div>
          <Button color="red" disabled={typed !== site.name} loading={remove.isPending} onClick={go}>
            {t("settings.delete")}
          </Button>
        </div>
      </Stack>
    </Panel>
  );
}
