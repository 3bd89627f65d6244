import { Button, Drawer, MultiSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useAgents } from "../../api/agents";
import { useGroups, useRemoveNetworkGroup, useSaveNetworkGroup, type NetworkGroupDraft } from "../../api/groups";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { Panel, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";

/** Network groups: which devices share a LAN and which agent acts there. */
export function Groups({ site }: { site: string }) {
  const groups = useGroups(site);
  const agents = useAgents(site);
  const [editing, setEditing] = useState<NetworkGroupDraft>();
  const names = (ids: string[]) => ids.map((id) => agents.data?.find((a) => a.id === id)?.name ?? id).join(", ");
  return (
    <Panel
      title={t("settings.groups")}
      acts={
        <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setEditing({ name: "", agents: [] })}>
          {t("settings.group_new")}
        </Button>
      }
    >
      <p className="soft" style={{ margin: "0 0 12px", lineHeight: 1.5 }}>
        {t("settings.groups_help")}
      </p>
      {groups.isPending && <SkeletonRows n={2} />}
      <div style={{ display: "grid", gap: 8 }}>
        {groups.data?.map((g) => (
          <div key={g.id} style={{ display: "flex", alignItems: "center", gap: 12 }}>
            <div style={{ flex: 1, minWidth: 0 }}>
              <strong>{g.name}</strong>
              <div className="soft">{g.agents.length > 0 ? names(g.agents) : t("settings.group_no_agent")}</div>
            </div>
            <Button variant="default" size="compact-sm" leftSection={<IconPencil size={14} aria-hidden />} onClick={() => setEditing(g)} aria-label={`${t("settings.group_edit")}: ${g.name}`}>
              {t("act.edit")}
            </Button>
          </div>
        ))}
      </div>
      <Drawer
        opened={Boolean(editing)}
        onClose={() => setEditing(undefined)}
        title={editing?.id ? t("settings.group_edit") : t("settings.group_new")}
        closeButtonProps={{ "aria-label": t("act.close") }}
      >
        {editing && <GroupForm site={site} start={editing} done={() => setEditing(undefined)} />}
      </Drawer>
    </Panel>
  );
}

function GroupForm({ site, start, done }: { site: string; start: NetworkGroupDraft; done: () => void }) {
  const agents = useAgents(site);
  const save = useSaveNetworkGroup(site);
  const remove = useRemoveNetworkGroup(site);
  const form = useForm<NetworkGroupDraft>({ mode: "controlled", initialValues: start });
  const sending = useSending(form, async (draft) => {
    await save.mutateAsync(draft);
    done();
  }, { agents: (ids) => ids.map((id) => agents.data?.find((a) => a.id === id)?.name ?? id).join(", ") });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("settings.group_name")} data-autofocus {...form.getInputProps("name")} />
        <MultiSelect
          label={t("settings.group_agents")}
          data={(agents.data ?? []).map((a) => ({ value: a.id, label: a.name }))}
          {...form.getInputProps("agents")}
        />
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={start.id ? t("act.save") : t("settings.group_new")}
          cancel={done}
          left={
            start.id && (
              <Remove
                of={{ id: start.id, revision: start.revision }}
                act={t("settings.group_delete")}
                body={t("settings.group_delete_ask", { name: start.name })}
                onRemove={async (seen) => {
                  await remove.mutateAsync(seen);
                  done();
                }}
              />
            )
          }
        />
      </Stack>
    </form>
  );
}
