import { Modal, MultiSelect, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { draftOf, useDevices, useSaveDevice } from "../../api/devices";
import { useGroups } from "../../api/groups";
import { asProblem, Problem } from "../../api/problem";
import type { NetworkGroup } from "../../api/types";
import { FormEnd, useSending } from "../../parts/form";
import { Failed, SkeletonRows } from "../../parts/page";
import { t, tn } from "../../text/t";
import { keptWords } from "../devices/gate";

interface MoveProps { site: string; group: NetworkGroup; opened: boolean; onClose: () => void }

/** Puts devices of other network groups into this one. */
export function MoveHere({ opened, onClose, ...of }: MoveProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t("networks.move")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {opened && <MoveForm {...of} onClose={onClose} />}
    </Modal>
  );
}

function MoveForm({ site, group, onClose }: Omit<MoveProps, "opened">) {
  const devices = useDevices(site);
  const groups = useGroups(site).data ?? [];
  const save = useSaveDevice(site);
  const form = useForm({ mode: "controlled", initialValues: { devices: [] as string[] } });
  const others = devices.data?.filter((d) => d.group_id !== group.id);
  const sending = useSending(form, async (values) => {
    const chosen = (others ?? []).filter((d) => values.devices.includes(d.id));
    if (chosen.length === 0) throw new Problem(422, "invalid", "", { devices: t("networks.move_none") });
    for (const d of chosen) {
      // One after the other, so that one that cannot be moved is named; those before it stay moved.
      const saved = await save.mutateAsync({ ...draftOf(d), group_id: group.id }).catch((err: unknown) => {
        const p = asProblem(err);
        throw new Problem(p.status, p.code, t("networks.not_moved", { name: d.name, reason: Object.values(p.fields)[0] ?? p.message }));
      });
      saved.warnings?.forEach((w) => notifications.show({ message: keptWords(w), color: "yellow", autoClose: 12_000 }));
    }
    onClose();
  });
  if (!others) return devices.isError ? <Failed error={devices.error} again={() => void devices.refetch()} /> : <SkeletonRows n={2} />;
  const named = (id: string) => groups.find((g) => g.id === id)?.name ?? "";
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <MultiSelect
          label={t("networks.devices")}
          description={others.length > 0 ? t("networks.move_help", { group: group.name }) : t("networks.no_others")}
          data={others.map((d) => ({ value: d.id, label: [d.name, named(d.group_id)].filter(Boolean).join(" · ") }))}
          disabled={others.length === 0}
          searchable
          hidePickedOptions
          limit={100}
          nothingFoundMessage={t("devices.none")}
          placeholder={form.values.devices.length === 0 ? t("networks.move_find") : undefined}
          data-autofocus
          {...form.getInputProps("devices")}
        />
        <FormEnd rest={sending.rest} busy={sending.busy} act={form.values.devices.length > 0 ? tn("networks.move_n", form.values.devices.length) : t("networks.move_act")} cancel={onClose} />
      </Stack>
    </form>
  );
}
