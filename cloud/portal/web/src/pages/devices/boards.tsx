import { Button, Drawer, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlus, IconTopologyBus } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useBoardStates, useBoards, useRemoveBoard, useSaveBoard, type BoardDraft, type BoardState } from "../../api/boards";
import { useDeviceOptions, useDevices } from "../../api/devices";
import { useGroups } from "../../api/groups";
import type { Board, Device } from "../../api/types";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { Table, type Column } from "../../parts/table";
import { State } from "../../parts/state";
import { t, word } from "../../text/t";
import { onWords } from "../../words/events";
import css from "./devices.module.css";
import form_ from "./form.module.css";
import { LineForm } from "./lineform";
import { DeviceTabs, options } from "./parts";

/** Relay boards on the LAN: doors that no device of the site moves itself. */
export default function Boards() {
  const { site } = useParams({ from: "/inside/sites/$site/boards" });
  const boards = useBoards(site);
  const devices = useDevices(site);
  const states = useBoardStates(site);
  const [editing, setEditing] = useState<BoardDraft>();
  const blank: BoardDraft = { group_id: "", name: "", profile: "modbus-coils", link: "tcp", address: "", baud: 9600, parity: "none", stop_bits: 1, unit: 1, channels: 8, inputs: [] };
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
        {boards.data && !none && <BoardList boards={boards.data} devices={devices.data ?? []} states={states.data ?? []} onEdit={setEditing} />}
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

/** What a board shows now. */
export function BoardNow({ state }: { state: BoardState | undefined }) {
  if (!state) return <State tone="off" word={t("boards.unseen")} />;
  return state.online ? <State tone="ok" word={onWords(state.outputs)} /> : <State tone="bad" word={t("boards.away")} />;
}

function BoardList({ boards, devices, states, onEdit }: { boards: Board[]; devices: Device[]; states: BoardState[]; onEdit: (b: BoardDraft) => void }) {
  const name = (b: Board) => (
    <Button variant="transparent" p={0} h="auto" onClick={() => onEdit(b)} aria-label={`${t("boards.edit")}: ${b.name}`}>
      {b.name}
    </Button>
  );
  const now = (b: Board) => <BoardNow state={states.find((s) => s.board_id === b.id)} />;
  const columns: Column<Board>[] = [
    { key: "name", title: t("boards.name"), cell: name, by: (b) => b.name },
    { key: "state", title: t("boards.state"), cell: now },
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
          {now(b)}
          <div className="soft mono">{b.address}</div>
          <div className="soft">{moves(b, devices)}</div>
        </div>
      )}
    />
  );
}

const links = ["tcp", "rtu", "rtu_tcp"] as const;
const modes = ["follow", "toggle", "edge"] as const;

/** A board as its form opens it: what a network board does not have stands ready for the day it hangs on a port. */
const asDraft = (b: BoardDraft): BoardDraft => (b.link === "rtu" ? b : { ...b, baud: 9600, parity: "none", stop_bits: 1 });

const asBody = (b: BoardDraft): BoardDraft => (b.link === "rtu" ? b : { ...b, baud: 0, parity: "", stop_bits: 0 });

type InputsOf = BoardDraft["inputs"];

/** What the inputs of a board do, where its register map has inputs. */
function Inputs({ channels, profile, value, error, put }: { channels: number; profile: string; value: InputsOf; error: ReactNode; put: (v: InputsOf) => void }) {
  const kind = useDeviceOptions().data?.board_profiles.find((k) => k.profile === profile);
  if (!kind?.inputs && value.length === 0) return null;
  const numbers = Array.from({ length: Math.min(channels, 32) }, (_, i) => i + 1);
  const set = (number: number, mode: string | null) =>
    put([...value.filter((v) => v.number !== number), ...(mode ? [{ number, mode: mode as InputsOf[number]["mode"] }] : [])].sort((a, b) => a.number - b.number));
  return (
    <div role="group" aria-label={t("boards.inputs")}>
      <span className={form_.legend}>{t("boards.inputs")}</span>
      <p className={form_.help} style={{ margin: "2px 0 8px" }}>{t("boards.inputs_help")}</p>
      <div className={css.two}>
        {numbers.map((n) => (
          <Select
            key={n}
            label={t("boards.input", { n })}
            data={[{ value: "", label: t("boards.input_none") }, ...modes.map((m) => ({ value: m, label: word("boards", `input_${m}`) }))]}
            value={value.find((v) => v.number === n)?.mode ?? ""}
            onChange={(m) => set(n, m)}
          />
        ))}
      </div>
      {error && <p className={form_.error}>{error}</p>}
    </div>
  );
}

function BoardForm({ site, start, done }: { site: string; start: BoardDraft; done: () => void }) {
  const groups = useGroups(site);
  const save = useSaveBoard(site);
  const remove = useRemoveBoard(site);
  const form = useForm<BoardDraft>({ mode: "controlled", initialValues: asDraft(start) });
  const sending = useSending(form, async (draft) => {
    await save.mutateAsync({ ...asBody(draft), group_id: draft.group_id || groups.data?.[0]?.id || "" });
    done();
  }, { group_id: (id) => groups.data?.find((g) => g.id === id)?.name ?? "" });
  const serial = form.values.link === "rtu";
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("boards.name")} data-autofocus {...form.getInputProps("name")} />
        <Select
          label={t("boards.link")}
          data={links.map((l) => ({ value: l, label: word("boards", `link_${l}`) }))}
          {...form.getInputProps("link")}
          onChange={(v) => form.setValues({ link: (v ?? "tcp") as BoardDraft["link"], address: "" })}
        />
        {!serial && <TextInput label={t("boards.address")} description={t("boards.address_help")} autoComplete="off" {...form.getInputProps("address")} />}
        <LineForm field={(name) => form.getInputProps(name)} profile={form.values.profile} serial={serial} portField="address" />
        <NumberInput label={t("boards.channels")} min={1} max={32} clampBehavior="none" {...form.getInputProps("channels")} />
        <Inputs
          channels={Number(form.values.channels) || 0}
          profile={form.values.profile}
          value={form.values.inputs}
          error={form.errors["inputs"]}
          put={(inputs) => form.setFieldValue("inputs", inputs)}
        />
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
