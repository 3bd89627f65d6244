import { Button, Drawer, MultiSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
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
              <Link to="/sites/$site/networks/$group" params={{ site, group: g.id }}>
                {g.name}
              </Link>
              <div className="soft">{g.agents.length > 0 ? names(g.agents) : t("settings.group_no_agent")}</div>
            </div>
            <Button variant="default" size="compact-sm" leftSection={<IconPencil size={14} aria-hidden />} onClick={() => setEditing(g)} aria-label={`${t("settings.group_edit")}: ${g.name}`}>
              {t("act.edit")}
            </Button>
          </div>
        ))}
      </div>
      <GroupDrawer site={site} of={editing} done={() => setEditing(undefined)} />
    </Panel>
  );
}

interface GroupDrawerProps { site: string; of: NetworkGroupDraft | undefined; done: () => void; gone?: () => void }

/** The form of a network group at the side of a page; open while there is something to edit. */
export function GroupDrawer({ site, of, done, gone = done }: GroupDrawerProps) {
  return (
    <Drawer opened={Boolean(of)} onClose={done} title={of?.id ? t("settings.group_edit") : t("settings.group_new")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {of && <GroupForm site={site} start={of} done={done} gone={gone} />}
    </Drawer>
  );
}

function GroupForm({ site, start, done, gone }: { site: string; start: NetworkGroupDraft; done: () => void; gone: () => void }) {
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
                  gone();
                }}
              />
            )
          }
        />
      </Stack>
    </form>
  );
}
