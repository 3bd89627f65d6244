import { Select, Stack, TextInput, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useApartments } from "../../api/apartments";
import { useBoards } from "../../api/boards";
import { useBuildings } from "../../api/buildings";
import { useSaveDevice, type DeviceDraft } from "../../api/devices";
import { useGroups } from "../../api/groups";
import type { Device } from "../../api/types";
import { FormEnd, useSending } from "../../parts/form";
import { t } from "../../text/t";
import { deviceTypes, hasRelays } from "../../words/floors";
import { duration } from "../../words/results";
import css from "./devices.module.css";
import { options, typeWord } from "./parts";
import { RelaysForm } from "./relaysform";

interface DeviceFormProps {
  site: string;
  start: DeviceDraft;
  act: string;
  cancel: () => void;
  onSaved: (device: Device) => void;
}

/** The form of a new or known device. */
export function DeviceForm({ site, start, act, cancel, onSaved }: DeviceFormProps) {
  const groups = useGroups(site);
  const buildings = useBuildings(site);
  const apartments = useApartments(site);
  const boards = useBoards(site);
  const save = useSaveDevice(site);
  const form = useForm<DeviceDraft>({ mode: "controlled", initialValues: start });
  const values = form.values;
  const sending = useSending(form, async (draft) => {
    const group = draft.group_id || groups.data?.[0]?.id || "";
    const { api_password, ...rest } = draft;
    const body: DeviceDraft = { ...rest, group_id: group, relays: hasRelays(draft.type) ? draft.relays : [] };
    onSaved(await save.mutateAsync(api_password ? { ...body, api_password } : body));
  }, {
    type: typeWord,
    group_id: (id) => groups.data?.find((g) => g.id === id)?.name ?? "",
    building_id: (id) => buildings.data?.find((b) => b.id === id)?.name ?? t("device.no_building"),
    apartment_id: (id) => apartments.data?.find((a) => a.id === id)?.number ?? t("device.no_apartment"),
    driver: (d) => t(`device.driver_${d}`),
    dtmf_method: (m) => t(`device.dtmf_${m}`),
    relays: {
      label: t("device.relays"),
      value: (list) => list.map((r) => [r.number, r.name, r.dtmf, duration(r.hold_ms), r.enabled ? "" : t("relay.off")].filter(Boolean).join(" · ")).join("\n"),
    },
  });
  const homes = (apartments.data ?? []).filter((a) => !values.building_id || a.building_id === values.building_id);
  const pickHome = (id: string | null) => {
    const home = apartments.data?.find((a) => a.id === id);
    form.setValues({ apartment_id: id ?? "", ...(home ? { building_id: home.building_id } : {}) });
  };
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <div className={css.two}>
          <Select
            label={t("device.type")}
            data={deviceTypes.map((n) => ({ value: String(n), label: typeWord(n) }))}
            {...form.getInputProps("type")}
            value={String(values.type)}
            onChange={(v) => form.setFieldValue("type", Number(v))}
          />
          <TextInput label={t("devices.mac")} description={t("device.mac_help")} inputWrapperOrder={["label", "input", "description", "error"]} autoComplete="off" spellCheck={false} {...form.getInputProps("mac")} />
        </div>
        <TextInput label={t("devices.name")} data-autofocus {...form.getInputProps("name")} />
        <div className={css.two}>
          <Select
            label={t("device.building")}
            data={[{ value: "", label: t("device.no_building") }, ...options(buildings.data, (b) => b.id, (b) => b.name)]}
            {...form.getInputProps("building_id")}
            onChange={(v) => form.setValues({ building_id: v ?? "", apartment_id: "" })}
          />
          <Select
            label={t("device.apartment")}
            data={[{ value: "", label: t("device.no_apartment") }, ...options(homes, (a) => a.id, (a) => (a.name ? `${a.number} · ${a.name}` : a.number))]}
            searchable={homes.length > 8}
            {...form.getInputProps("apartment_id")}
            onChange={pickHome}
          />
        </div>
        {(groups.data?.length ?? 0) > 1 && (
          <Select
            label={t("device.group")}
            description={t("device.group_help")}
            data={options(groups.data, (g) => g.id, (g) => g.name)}
            {...form.getInputProps("group_id")}
            value={values.group_id || groups.data?.[0]?.id || ""}
          />
        )}
        {hasRelays(values.type) && <RelaysForm form={form} boards={boards.data ?? []} />}
        <Technical form={form} known={Boolean(start.id)} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={act} cancel={cancel} />
      </Stack>
    </form>
  );
}

function Technical({ form, known }: { form: ReturnType<typeof useForm<DeviceDraft>>; known: boolean }) {
  const manual = form.values.driver === "manual";
  return (
    <>
      <div className={css.two}>
        <Select
          label={t("device.driver")}
          data={(["akuvox", "manual"] as const).map((v) => ({ value: v, label: t(`device.driver_${v}`) }))}
          {...form.getInputProps("driver")}
        />
        <Select
          label={t("device.dtmf")}
          data={(["unknown", "info", "rfc4733"] as const).map((v) => ({ value: v, label: t(`device.dtmf_${v}`) }))}
          {...form.getInputProps("dtmf_method")}
        />
      </div>
      <TextInput label={t("device.address")} description={t("device.address_help")} autoComplete="off" {...form.getInputProps("address")} />
      {!manual && (
        <div className={css.two}>
          <TextInput label={t("device.api_user")} autoComplete="off" {...form.getInputProps("api_user")} />
          <PasswordInput
            label={t("device.api_password")}
            description={known ? t("device.api_password_keep") : undefined}
            inputWrapperOrder={["label", "input", "description", "error"]}
            autoComplete="new-password"
            {...form.getInputProps("api_password")}
          />
        </div>
      )}
    </>
  );
}

/** A device that nothing is known of yet: one relay, opened by #. */
export function blankDevice(known: Partial<DeviceDraft>): DeviceDraft {
  const relay = { number: 1, name: t("relay.n", { n: 1 }), enabled: true, dtmf: "#", mode: "momentary" as const, rest: false, hold_ms: 3000, board_id: "", channel: 0 };
  return {
    type: 0, mac: "", name: "", group_id: "", building_id: "", apartment_id: "", driver: "akuvox", address: "", dtmf_method: "unknown",
    relays: [relay], api_user: "", api_password: "", ...known,
  };
}
