import { Button, Checkbox, Drawer, Group, NumberInput, Stack, Textarea, Tooltip } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertOctagon, IconDoorEnter } from "@tabler/icons-react";
import { useState } from "react";
import { useBreakGlass, useEnter } from "../../api/access";
import { useMe } from "../../api/account";
import { asProblem } from "../../api/problem";
import { FormEnd, useSending } from "../../parts/form";
import { Notice } from "../../parts/page";
import { t } from "../../text/t";

/** An organisation that somebody above may enter. */
export interface Enterable {
  id: string;
  name: string;
  access?: { granted: boolean; writes: boolean; expires_at?: string } | null;
}

/** Enters an organisation with its consent; operators get the emergency door beside it. */
export default function EnterButton({ org }: { org: Enterable }) {
  const rights = useMe().data?.rights ?? [];
  const enter = useEnter();
  const [emergency, setEmergency] = useState(false);
  const granted = Boolean(org.access?.granted);
  if (!rights.includes("orgs.enter")) return null;
  return (
    <Group gap="xs">
      {enter.isError && <Notice tone="bad">{asProblem(enter.error).message}</Notice>}
      <Tooltip label={t("enter.no_leave", { org: org.name })} disabled={granted}>
        <Button
          leftSection={<IconDoorEnter size={18} aria-hidden />}
          variant={granted ? "filled" : "default"}
          data-disabled={!granted || undefined}
          aria-disabled={!granted}
          loading={enter.isPending}
          onClick={() => granted && enter.mutate(org.id)}
        >
          {t("enter.act")}
        </Button>
      </Tooltip>
      {rights.includes("orgs.break_glass") && (
        <>
          <Button variant="default" leftSection={<IconAlertOctagon size={18} aria-hidden />} onClick={() => setEmergency(true)}>
            {t("enter.emergency")}
          </Button>
          <BreakGlass org={org} opened={emergency} onClose={() => setEmergency(false)} />
        </>
      )}
    </Group>
  );
}

function BreakGlass({ org, opened, onClose }: { org: Enterable; opened: boolean; onClose: () => void }) {
  const enter = useBreakGlass();
  const form = useForm({ mode: "uncontrolled", initialValues: { reason: "", minutes: 15 as number | string, writes: false } });
  const { submit, busy, rest } = useSending(form, (v) =>
    enter.mutateAsync({ org: org.id, reason: v.reason, minutes: Number(v.minutes) || 0, writes: v.writes }),
  );
  return (
    <Drawer opened={opened} onClose={onClose} title={t("enter.emergency_title", { org: org.name })} closeButtonProps={{ "aria-label": t("act.close") }}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Notice tone="warn">{t("enter.emergency_lead")}</Notice>
          <Textarea label={t("enter.reason")} description={t("enter.reason_help")} required rows={4} maxLength={500} data-autofocus key={form.key("reason")} {...form.getInputProps("reason")} />
          <NumberInput label={t("enter.minutes")} required min={5} max={60} allowDecimal={false} key={form.key("minutes")} {...form.getInputProps("minutes")} />
          <Checkbox label={t("enter.writes")} key={form.key("writes")} {...form.getInputProps("writes", { type: "checkbox" })} />
          <FormEnd rest={rest} busy={busy} act={t("enter.emergency_act")} cancel={onClose} />
        </Stack>
      </form>
    </Drawer>
  );
}
