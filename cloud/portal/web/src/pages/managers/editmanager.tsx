import { Button, Checkbox, Drawer, Input, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useRemoveManager, useResetManager, useSaveManager, type Manager, type ManagerDraft } from "../../api/managers";
import { useSites } from "../../api/sites";
import { Confirm } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { tell } from "../../parts/tell";
import { Transfer } from "../../parts/transfer";
import { t } from "../../text/t";
import { LanguageField } from "../people/fields";

interface EditManagerProps {
  manager?: Manager;
  opened: boolean;
  onClose: () => void;
}

/** The drawer in which a manager is added or changed. */
export function EditManager({ manager, opened, onClose }: EditManagerProps) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      size="lg"
      title={manager ? t("managers.edit") : t("managers.new")}
      closeButtonProps={{ "aria-label": t("act.close") }}
    >
      {opened && <ManagerForm manager={manager} onClose={onClose} />}
    </Drawer>
  );
}

/** The form of a manager; onMade hears of a new one. */
export function ManagerForm({ manager, onClose, onMade, bare }: { manager?: Manager; onClose: () => void; onMade?: (m: Manager) => void; bare?: boolean }) {
  const save = useSaveManager();
  const sites = useSites();
  const form = useForm<ManagerDraft>({
    mode: "controlled",
    initialValues: {
      id: manager?.id, revision: manager?.revision, first_name: manager?.first_name ?? "", last_name: manager?.last_name ?? "", email: manager?.email ?? "",
      language: manager?.language ?? "en", remind_monthly: manager?.remind_monthly ?? false, email_factor: manager?.email_factor ?? false,
      site_ids: manager?.sites.map((s) => s.id) ?? [],
    },
  });
  const sending = useSending(form, async (draft) => {
    const saved = await save.mutateAsync(draft);
    onMade?.(saved);
    onClose();
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("managers.first")} data-autofocus {...form.getInputProps("first_name")} />
        <TextInput label={t("managers.last")} {...form.getInputProps("last_name")} />
        <TextInput label={t("managers.email")} description={t(manager ? "managers.email_fixed" : "managers.email_help")} type="email" readOnly={Boolean(manager)} variant={manager ? "filled" : undefined} {...form.getInputProps("email")} />
        <LanguageField label={t("managers.language")} {...form.getInputProps("language")} />
        <Checkbox label={t("managers.remind")} {...form.getInputProps("remind_monthly", { type: "checkbox" })} />
        <Checkbox label={t("managers.factor")} {...form.getInputProps("email_factor", { type: "checkbox" })} />
        {!bare && (
          <div>
            <Input.Label mb={6}>{t("managers.sites")}</Input.Label>
            {sites.data?.length === 0 ? (
              <span className="soft">{t("managers.no_sites")}</span>
            ) : (
              <Transfer
                label={t("managers.sites")}
                data={(sites.data ?? []).map((s) => ({ value: s.id, label: s.name }))}
                value={form.values.site_ids}
                onChange={(ids) => form.setFieldValue("site_ids", ids)}
                error={form.errors["site_ids"]}
              />
            )}
          </div>
        )}
        <FormEnd rest={sending.rest} busy={sending.busy} act={manager ? t("act.save") : t("managers.new")} cancel={onClose} left={manager && <Acts manager={manager} onGone={onClose} />} />
      </Stack>
    </form>
  );
}

function Acts({ manager, onGone }: { manager: Manager; onGone: () => void }) {
  const reset = useResetManager();
  const remove = useRemoveManager();
  const [asking, setAsking] = useState(false);
  const send = () => tell(() => reset.mutateAsync(manager.id), t("managers.reset_done", { email: manager.email }));
  return (
    <>
      <Button variant="subtle" onClick={send} loading={reset.isPending}>
        {t("managers.reset")}
      </Button>
      <Button variant="subtle" color="red" onClick={() => setAsking(true)}>
        {t("act.delete")}
      </Button>
      <Confirm
        opened={asking}
        title={t("managers.delete")}
        body={t("managers.delete_ask", { name: `${manager.first_name} ${manager.last_name}` })}
        act={t("managers.delete")}
        onClose={() => setAsking(false)}
        of={manager}
        onConfirm={async (seen) => {
          await remove.mutateAsync(seen);
          onGone();
        }}
      />
    </>
  );
}
