import { Button, Drawer, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlus, IconTopologyBus } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useBoards, useRemoveBoard, useSaveBoard, type BoardDraft } from "../../api/boards";
import { useDevices } from "../../api/devices";
import { useGroups } from "../../api/groups";
import type { Board, Device } from "../../api/types";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { Table, type Column } from "../../parts/table";
import { t, word } from "../../text/t";
import css from "./devices.module.css";
import { DeviceTabs, options } from "./parts";

/** Relay boards on the LAN: doors that no device of the site moves itself. */
export default function Boards() {
  const { site } = useParams({ from: "/inside/sites/$site/boards" });
  const boards = useBoards(site);
  const devices = useDevices(site);
  const [editing, setEditing] = useState<BoardDraft>();
  const blank: BoardDraft = { group_id: "", name: "", profile: "modbus-coils", address: "", unit: 1, channels: 8 };
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing(blank)}>
      {t("boards.new")}
    </Button>
  );
  const none = boards.data?.length === 0;
  return (
    <Page title={t("devices.title")} acts={!none && add}>
      <DeviceTabs site={site} />
      <Panel flush>
        {boards.isPending && <SkeletonRows n={3} />}
        {boards.isError && !boards.data && <Failed error={boards.error} again={() => boards.refetch()} />}
        {none && <Empty icon={<IconTopologyBus size={22} aria-hidden />} title={t("boards.empty")} body={t("boards.empty_body")} act={add} />}
        {boards.data && !none && <BoardList boards={boards.data} devices={devices.data ?? []} onEdit={setEditing} />}
      </Panel>
      <Drawer
        opened={Boolean(editing)}
        onClose={() => setEditing(undefined)}
        title={editing?.id ? t("boards.edit") : t("boards.new")}
        closeButtonProps={{ "aria-label": t("act.close") }}
      >
        {editing && <BoardForm site={site} start={editing} done={() => setEditing(undefined)} />}
      </Drawer>
    </Page>
  );
}

/** The doors that a board moves: "Front Door (Main entrance), channel 1". */
function moves(board: Board, devices: Device[]): string {
  const doors = devices.flatMap((d) =>
    d.relays.filter((r) => r.board_id === board.id).map((r) => t("boards.move", { door: r.name, device: d.name, channel: r.channel })),
  );
  return doors.join(", ") || t("boards.moves_nothing");
}

function BoardList({ boards, devices, onEdit }: { boards: Board[]; devices: Device[]; onEdit: (b: BoardDraft) => void }) {
  const name = (b: Board) => (
    <Button variant="transparent" p={0} h="auto" onClick={() => onEdit(b)} aria-label={`${t("boards.edit")}: ${b.name}`}>
      {b.name}
    </Button>
  );
  const columns: Column<Board>[] = [
    { key: "name", title: t("boards.name"), cell: name, by: (b) => b.name },
    { key: "address", title: t("boards.address"), cell: (b) => <span className="mono">{b.address}</span>, by: (b) => b.address },
    { key: "profile", title: t("boards.profile"), cell: (b) => word("boards", `profile_${b.profile}`) },
    { key: "unit", title: t("boards.unit"), cell: (b) => b.unit, by: (b) => b.unit },
    { key: "channels", title: t("boards.channels"), cell: (b) => b.channels, by: (b) => b.channels },
    { key: "moves", title: t("boards.moves"), cell: (b) => <span className="soft">{moves(b, devices)}</span> },
  ];
  return (
    <Table
      rows={boards}
      columns={columns}
      id={(b) => b.id}
      label={t("devices.tab_boards")}
      card={(b) => (
        <div style={{ display: "grid", gap: 4 }}>
          <div>{name(b)}</div>
          <div className="soft mono">{b.address}</div>
          <div className="soft">{moves(b, devices)}</div>
        </div>
      )}
    />
  );
}

function BoardForm({ site, start, done }: { site: string; start: BoardDraft; done: () => void }) {
  const groups = useGroups(site);
  const save = useSaveBoard(site);
  const remove = useRemoveBoard(site);
  const form = useForm<BoardDraft>({ mode: "controlled", initialValues: start });
  const sending = useSending(form, async (draft) => {
    await save.mutateAsync({ ...draft, group_id: draft.group_id || groups.data?.[0]?.id || "" });
    done();
  }, { group_id: (id) => groups.data?.find((g) => g.id === id)?.name ?? "" });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("boards.name")} data-autofocus {...form.getInputProps("name")} />
        <Select label={t("boards.profile")} data={[{ value: "modbus-coils", label: t("boards.profile_modbus-coils") }]} {...form.getInputProps("profile")} />
        <TextInput label={t("boards.address")} description={t("boards.address_help")} autoComplete="off" {...form.getInputProps("address")} />
        <div className={css.two}>
          <NumberInput label={t("boards.unit")} min={1} max={247} clampBehavior="none" {...form.getInputProps("unit")} />
          <NumberInput label={t("boards.channels")} min={1} max={32} clampBehavior="none" {...form.getInputProps("channels")} />
        </div>
        {(groups.data?.length ?? 0) > 1 && (
          <Select
            label={t("device.group")}
            data={options(groups.data, (g) => g.id, (g) => g.name)}
            {...form.getInputProps("group_id")}
            value={form.values.group_id || groups.data?.[0]?.id || ""}
          />
        )}
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={start.id ? t("act.save") : t("boards.new")}
          cancel={done}
          left={
            start.id && (
              <Remove
                of={{ id: start.id, revision: start.revision }}
                act={t("boards.delete")}
                body={t("boards.delete_ask", { name: start.name })}
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
