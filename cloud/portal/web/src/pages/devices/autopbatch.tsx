import { Button, Checkbox, Group, Modal, NativeSelect, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { IconSearch, IconTerminal2 } from "@tabler/icons-react";
import { useState } from "react";
import { useSubmitAutoP } from "../../api/autop";
import { useDevices } from "../../api/devices";
import type { Device } from "../../api/types";
import { FormEnd, useSending } from "../../parts/form";
import { Empty, Failed, SkeletonRows } from "../../parts/page";
import { Table, tableCSS, type Column } from "../../parts/table";
import { useMay } from "../../shell/eyes";
import { t, tn } from "../../text/t";
import { autopShown, chooseMore, mostAutoP } from "../../words/autop";
import { deviceTypes } from "../../words/floors";
import css from "./devices.module.css";
import { typeWord } from "./parts";
import { FieldError } from "./section";

/** The AutoP button of a list of devices (DEV-28). */
export function AutoPButton({ site, at }: { site: string; at?: { building?: string } }) {
  const [opened, setOpened] = useState(false);
  if (!useMay("devices.write")) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconTerminal2 size={18} aria-hidden />} onClick={() => setOpened(true)}>
        {t("autop.open")}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} size={760} title={t("autop.batch")} closeButtonProps={{ "aria-label": t("act.close") }}>
        {opened && <Batch site={site} building={at?.building} close={() => setOpened(false)} />}
      </Modal>
    </>
  );
}

/** Lines for many devices: the type of AutoP, the lines, and the devices, by type and MAC (AUTOP-04). */
function Batch({ site, building, close }: { site: string; building?: string; close: () => void }) {
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const form = useForm({ initialValues: { text: "", once: false, devices: [] as string[] } });
  const submit = useSubmitAutoP(site);
  const sending = useSending(form, async (values) => {
    await submit.mutateAsync({ ...values, devices: [...chosen] });
    notifications.show({ message: t("autop.sent"), color: "teal" });
    close();
  });
  const once = form.getValues().once;
  return (
    <form onSubmit={sending.submit} noValidate className={css.autopForm}>
      <SegmentedControl
        fullWidth aria-label={t("autop.type")} value={once ? "once" : "regular"} onChange={(v) => form.setFieldValue("once", v === "once")}
        data={[{ value: "regular", label: t("autop.regular") }, { value: "once", label: t("autop.once") }]}
      />
      <Textarea
        label={t("autop.lines")} description={t(once ? "autop.once_help" : "autop.others_help")} autosize minRows={3} maxRows={10} spellCheck={false}
        classNames={{ input: "mono" }} data-autofocus {...form.getInputProps("text")}
      />
      <Choice site={site} building={building} chosen={chosen} choose={setChosen} />
      <FieldError error={form.errors["devices"]} at="devices" />
      <FormEnd rest={sending.rest} busy={sending.busy} act={t("autop.submit")} cancel={close} left={<strong>{tn("autop.selected", chosen.size)}</strong>} />
    </form>
  );
}

interface ChoiceProps { site: string; building?: string; chosen: Set<string>; choose: (ids: Set<string>) => void }

function Choice({ site, building, chosen, choose }: ChoiceProps) {
  const devices = useDevices(site);
  const [type, setType] = useState("");
  const [mac, setMac] = useState("");
  if (!devices.data) return devices.isError ? <Failed error={devices.error} again={() => void devices.refetch()} /> : <SkeletonRows n={3} />;
  const shown = autopShown(devices.data.filter((d) => !building || d.building_id === building), type, mac);
  const toggle = (d: Device) => {
    const next = new Set(chosen);
    if (!next.delete(d.id)) next.add(d.id);
    choose(next);
  };
  const box = (d: Device) => (
    <Checkbox
      aria-label={t("autop.choose", { name: d.name })} checked={chosen.has(d.id)} disabled={!chosen.has(d.id) && chosen.size >= mostAutoP} onChange={() => toggle(d)}
    />
  );
  const columns: Column<Device>[] = [
    { key: "chosen", title: "", cell: box },
    { key: "mac", title: t("devices.mac"), cell: (d) => <span className="mono">{d.mac}</span>, by: (d) => d.mac },
    { key: "location", title: t("autop.location"), cell: (d) => d.name, by: (d) => d.name },
    { key: "type", title: t("autop.device_type"), cell: (d) => typeWord(d.type), by: (d) => typeWord(d.type) },
  ];
  return (
    <fieldset className={css.autopDevices}>
      <legend>{t("autop.devices")}</legend>
      <div className={tableCSS.bar}>
        <TextInput aria-label={t("autop.find")} placeholder={t("autop.find")} leftSection={<IconSearch size={16} aria-hidden />} value={mac} onChange={(e) => setMac(e.currentTarget.value)} />
        <NativeSelect
          aria-label={t("autop.device_type")} value={type} onChange={(e) => setType(e.currentTarget.value)}
          data={[{ value: "", label: t("autop.type_any") }, ...deviceTypes.map((n) => ({ value: String(n), label: typeWord(n) }))]}
        />
      </div>
      {shown.length === 0 ? (
        <Empty small body={t("autop.none")} />
      ) : (
        <Table
          rows={shown} columns={columns} id={(d) => d.id} label={t("autop.devices")} sortedBy="location" name="autop"
          card={(d) => (
            <Group gap="sm" wrap="nowrap">
              {box(d)}
              <div>
                <strong>{d.name}</strong>
                <div className="soft mono">{d.mac}</div>
                <div className="soft">{typeWord(d.type)}</div>
              </div>
            </Group>
          )}
        />
      )}
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" variant="default" onClick={() => choose(chooseMore(chosen, shown.map((d) => d.id)))}>
          {t("autop.choose_all")}
        </Button>
        <Button size="compact-sm" variant="default" disabled={chosen.size === 0} onClick={() => choose(new Set())}>
          {t("autop.choose_none")}
        </Button>
        {chosen.size >= mostAutoP && <span className="soft">{t("autop.most")}</span>}
      </Group>
    </fieldset>
  );
}
