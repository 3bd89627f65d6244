import { PasswordInput, Select, Stack, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useEffect, useState, type FormEvent } from "react";
import { useBoards } from "../../api/boards";
import { useBuildings } from "../../api/buildings";
import { useCompanyNames } from "../../api/companies";
import { useDepartmentNames } from "../../api/departments";
import { useCapability, useDeviceOptions, useSaveDevice, type DeviceDraft } from "../../api/devices";
import { useGroups } from "../../api/groups";
import { useHomes, usePeopleOf } from "../../api/homes";
import { useSite } from "../../api/sites";
import type { Device } from "../../api/types";
import { FormEnd, useSending } from "../../parts/form";
import { Notice } from "../../parts/page";
import { useEyes } from "../../shell/eyes";
import { t } from "../../text/t";
import { devicePlace, hasField, type DeviceField } from "../../words/deviceform";
import { deviceTypes } from "../../words/floors";
import css from "./devices.module.css";
import { DoorForm } from "./doorform";
import { draftWords } from "./formwords";
import { ability, keptWords } from "./gate";
import { ModelField, ModuleForm } from "./moduleform";
import { MonitorForm } from "./monitorform";
import { typeWord } from "./parts";
import { PlaceForm } from "./placeform";
import { newRelay, RelaysForm, SecurityRelayForm } from "./relaysform";
import { Section } from "./section";

interface DeviceFormProps {
  site: string;
  start: DeviceDraft;
  /** What the device told of its model; empty until it did. */
  told?: string;
  act: string;
  cancel: () => void;
  onSaved: (device: Device) => void;
}

/** The form of a new or known device: which fields there are, its type and place decide (04-devices, 3). */
export function DeviceForm({ site, start, told = "", act, cancel, onSaved }: DeviceFormProps) {
  const kind = useSite(site).data?.kind;
  const boards = useBoards(site).data ?? [];
  const save = useSaveDevice(site);
  const abilities = useCapability(site, start.id).data;
  const offline = Boolean(useEyes().gates["offline_solution"]);
  const form = useForm<DeviceDraft>({ mode: "controlled", initialValues: start });
  const v = form.values;
  const place = devicePlace(kind, v);
  const has = (field: DeviceField) => hasField(field, v.type, place);
  const words = useWords(site, kind, v);
  const sending = useSending(
    form,
    async (draft) => {
      const saved = await save.mutateAsync(fitting(draft, kind));
      saved.warnings?.forEach((w) => notifications.show({ message: keptWords(w), color: "yellow", autoClose: 12_000 }));
      onSaved(saved);
    },
    words,
  );
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    if (has("buildings") && v.chosen_buildings && v.buildings.length === 0) return form.setFieldError("buildings", t("dev.scope_none"));
    void sending.submit(e);
  };
  const swapped = Boolean(start.id) && v.mac.replace(/[:.-]/g, "").toUpperCase() !== start.mac;
  const retype = (type: number) => {
    const relays = hasField("relays", type, place) && v.relays.length === 0 ? [newRelay(1, "#")] : v.relays;
    form.setValues({ type, relays });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <div className={css.two}>
          <Select
            label={t("device.type")}
            data={deviceTypes.map((n) => ({ value: String(n), label: typeWord(n) }))}
            {...form.getInputProps("type")}
            value={String(v.type)}
            onChange={(n) => retype(Number(n))}
          />
          <TextInput label={t("devices.mac")} description={swapped ? t("dev.mac_swap", { mac: start.mac }) : t("device.mac_help")} inputWrapperOrder={["label", "input", "description", "error"]} autoComplete="off" spellCheck={false} {...form.getInputProps("mac")} />
        </div>
        <TextInput label={t(place === "home" ? "dev.location" : "devices.name")} data-autofocus {...form.getInputProps("name")} />
        <PlaceForm site={site} kind={kind} form={form} />
        {has("relays") && <RelaysForm form={form} boards={boards} ticks={has("methods")} ability={ability(abilities, "access_methods")} />}
        <DoorForm site={site} form={form} place={place} abilities={abilities} offline={offline} />
        {has("security_relay") && <SecurityRelayForm form={form} />}
        <MonitorForm form={form} place={place} offline={offline} />
        {has("module") && <ModuleForm site={site} form={form} told={told} />}
        <Technical form={form} told={told} />
        <Elsewhere form={form} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={act} cancel={cancel} />
      </Stack>
    </form>
  );
}

/** What is sent: fields that the chosen type or place does not have are put back to how a device begins. */
function fitting(d: DeviceDraft, kind: string | undefined): DeviceDraft {
  const place = devicePlace(kind, d);
  const has = (field: DeviceField) => hasField(field, d.type, place);
  return {
    ...d,
    relays: has("relays") ? d.relays : [],
    no_monitoring: has("monitoring") && d.no_monitoring,
    no_internet: has("internet") && d.no_internet,
    buildings: has("buildings") && d.chosen_buildings ? d.buildings : [],
    contact_display: has("contact_display") ? d.contact_display : "numbers",
    directory: has("directory") ? d.directory : null,
    hold_open: has("hold_open") && d.hold_open,
    security_relay: has("security_relay") ? d.security_relay : null,
    works_offline: has("works_offline") && d.works_offline,
    arming: has("arming") && d.arming,
    built_in: has("built_in") ? d.built_in : [],
    external: has("external") ? d.external : null,
    module: has("module") ? d.module : "",
    buttons: has("module") ? d.buttons : [],
  };
}

/** How the values of the draft read, with the names of what its ids stand for. */
function useWords(site: string, kind: string | undefined, d: DeviceDraft) {
  return draftWords({
    boards: useBoards(site).data ?? [],
    external: useDeviceOptions().data?.external_relays ?? [],
    groups: useGroups(site).data ?? [],
    buildings: useBuildings(site).data ?? [],
    homes: useHomes(site, d.building_id).data ?? [],
    departments: useDepartmentNames(site, kind === "office").data ?? [],
    companies: useCompanyNames(site, kind === "commercial").data ?? [],
    people: usePeopleOf(site, d.department_id, d.department_id !== "").data ?? [],
  });
}

/** How the agent reaches and configures it. A device without internet access needs its static address (DEV-11). */
function Technical({ form, told }: { form: UseFormReturnType<DeviceDraft>; told: string }) {
  const { driver, no_internet, id } = form.values;
  return (
    <Section title={t("device.technical")}>
      <TextInput
        label={t(no_internet ? "dev.static_address" : "device.address")}
        description={t(no_internet ? "dev.static_help" : "device.address_help")}
        required={no_internet}
        autoComplete="off"
        {...form.getInputProps("address")}
      />
      <div className={css.two}>
        <Select label={t("device.driver")} data={(["akuvox", "2n", "onvif", "sip", "web_relay", "manual"] as const).map((v) => ({ value: v, label: t(`device.driver_${v}`) }))} {...form.getInputProps("driver")} />
        <Select label={t("device.dtmf")} data={(["unknown", "info", "rfc4733"] as const).map((v) => ({ value: v, label: t(`device.dtmf_${v}`) }))} {...form.getInputProps("dtmf_method")} />
        <Select label={t("care.connection")} data={(["udp", "tcp", "tls"] as const).map((v) => ({ value: v, label: v.toUpperCase() }))} allowDeselect={false} {...form.getInputProps("connection")} />
      </div>
      {driver !== "manual" && driver !== "sip" && (
        <div className={css.two}>
          <TextInput
            label={t("device.api_user")}
            description={t("device.api_user_help")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            autoComplete="off"
            {...form.getInputProps("api_user")}
          />
          <PasswordInput
            label={t("device.api_password")}
            description={id ? t("device.api_password_keep") : undefined}
            inputWrapperOrder={["label", "input", "description", "error"]}
            autoComplete="new-password"
            {...form.getInputProps("api_password")}
          />
        </div>
      )}
      {!told && <ModelField form={form} />}
    </Section>
  );
}

/** Messages about fields that this form does not show, such as one that a colleague's gate has closed: nothing that was refused stays unsaid. */
function Elsewhere({ form }: { form: UseFormReturnType<DeviceDraft> }) {
  const [lost, setLost] = useState<string[]>([]);
  const errors = form.errors;
  useEffect(() => {
    setLost(Object.entries(errors).filter(([path]) => !form.getInputNode(path)).map(([, message]) => String(message)));
  }, [errors]); // what is in sight is known once it is drawn
  if (lost.length === 0) return null;
  return <Notice tone="bad">{lost.join(" ")}</Notice>;
}

/** A device that nothing is known of yet: one relay, opened by #. */
export function blankDevice(known: Partial<DeviceDraft>): DeviceDraft {
  return {
    type: 0, mac: "", name: "", group_id: "", building_id: "", apartment_id: "", department_id: "", company_id: "", owner_id: "", driver: "akuvox", address: "",
    dtmf_method: "unknown", connection: "udp", relays: [newRelay(1, "#")], api_user: "", api_password: "", no_monitoring: false, no_internet: false, works_offline: false, buildings: [],
    chosen_buildings: false, contact_display: "numbers", directory: null, hold_open: false, arming: false, security_relay: null, built_in: [], external: null, module: "",
    buttons: [], model: "", ...known,
  };
}
