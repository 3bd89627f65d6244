import { PasswordInput, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useBuildings } from "../../api/buildings";
import { useRemoveCamera, useSaveCamera, type Camera, type CameraDraft } from "../../api/cameras";
import { useDevicesWhere, useHomes } from "../../api/homes";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { t } from "../../text/t";

/** A camera that is not there yet, at a place. */
export function blankCamera(building = "", apartment = ""): CameraDraft {
  return { name: "", rtsp: "rtsp://", user: "", password: "", building_id: building, apartment_id: apartment, device_id: "", no_monitoring: false, terminal: "all" };
}

/** A camera as its form opens it: the password stays in the cloud. */
export function draftOf(c: Camera): CameraDraft {
  return {
    id: c.id, revision: c.revision, name: c.name, rtsp: c.rtsp, user: c.user, password: "", building_id: c.building_id, apartment_id: c.apartment_id,
    device_id: c.device_id, no_monitoring: c.no_monitoring, terminal: c.terminal,
  };
}

const doors = [0, 1, 50]; // types that show the picture of a camera

/** The devices that a camera at a place can be linked to. */
function useDoors(site: string, { building, apartment, single }: { building: string; apartment: string; single: boolean }) {
  const place: Record<string, string> = single ? {} : apartment ? { apartment } : { place: "public" };
  const all = useDevicesWhere(site, place).data;
  return all?.filter((d) => doors.includes(d.type) && (single || !building || !d.building_id || d.building_id === building));
}

interface CameraFormProps { site: string; single: boolean; start: CameraDraft; done: () => void }

/** The form of a camera. A single-family camera has a location and no more than its link. */
export function CameraForm({ site, single, start, done }: CameraFormProps) {
  const save = useSaveCamera(site);
  const remove = useRemoveCamera(site);
  const form = useForm<CameraDraft>({ mode: "controlled", initialValues: start });
  const v = form.values;
  const buildings = useBuildings(site);
  const homes = useHomes(site, single ? "" : v.building_id);
  const links = useDoors(site, { building: v.building_id, apartment: v.apartment_id, single });
  const named = (rows: { id: string; name: string }[] | undefined, id: string) => rows?.find((r) => r.id === id)?.name ?? "";
  const sending = useSending(form, async (draft) => {
    const saved = await save.mutateAsync(draft);
    saved.warnings?.forEach((w) => notifications.show({ message: w.message, color: "yellow", autoClose: 12_000 }));
    done();
  }, {
    building_id: (id) => named(buildings.data, id) || t("cameras.building_none"),
    apartment_id: (id) => homes.data?.find((h) => h.id === id)?.number ?? t("cameras.apartment_none"),
    device_id: (id) => named(links, id) || t("cameras.link_none"),
    terminal: (terminal) => terminalWords(terminal),
    no_monitoring: { label: t("cameras.monitoring"), value: (off) => t(off ? "conflict.off" : "conflict.on") },
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t(single ? "cameras.location" : "cameras.name")} data-autofocus autoComplete="off" {...form.getInputProps("name")} />
        <TextInput label={t("cameras.rtsp")} description={t("cameras.rtsp_help")} autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} {...form.getInputProps("rtsp")} />
        <TextInput label={t("cameras.user")} autoComplete="off" spellCheck={false} {...form.getInputProps("user")} />
        <PasswordInput
          label={t("cameras.password")}
          description={t(start.id ? "cameras.password_kept" : "cameras.password_help")}
          autoComplete="new-password"
          {...form.getInputProps("password")}
        />
        {!single && (
          <>
            <Select
              label={t("cameras.building")}
              data={[{ value: "", label: t("cameras.building_none") }, ...(buildings.data ?? []).map((b) => ({ value: b.id, label: b.name }))]}
              allowDeselect={false}
              {...form.getInputProps("building_id")}
              onChange={(id) => form.setValues({ building_id: id ?? "", apartment_id: "", device_id: "" })}
            />
            {v.building_id && (
              <Select
                label={t("cameras.apartment")}
                data={[{ value: "", label: t("cameras.apartment_none") }, ...(homes.data ?? []).map((h) => ({ value: h.id, label: h.number }))]}
                searchable
                allowDeselect={false}
                limit={100}
                {...form.getInputProps("apartment_id")}
                onChange={(id) => form.setValues({ apartment_id: id ?? "", device_id: "" })}
              />
            )}
            <Switch
              label={t("cameras.monitoring")}
              checked={!v.no_monitoring}
              error={form.errors["no_monitoring"]}
              onChange={(e) => form.setFieldValue("no_monitoring", !e.currentTarget.checked)}
            />
            {!v.no_monitoring && (
              <Select
                label={t("cameras.terminal")}
                data={(["all", "app", "monitors"] as const).map((value) => ({ value, label: terminalWords(value) }))}
                allowDeselect={false}
                {...form.getInputProps("terminal")}
              />
            )}
          </>
        )}
        <Select
          label={t("cameras.link")}
          description={t("cameras.link_help")}
          data={[{ value: "", label: t("cameras.link_none") }, ...(links ?? []).map((d) => ({ value: d.id, label: d.name }))]}
          searchable
          allowDeselect={false}
          limit={100}
          {...form.getInputProps("device_id")}
        />
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={t(start.id ? "act.save" : "cameras.new")}
          cancel={done}
          left={
            start.id && (
              <Remove
                of={{ id: start.id, revision: start.revision }}
                act={t("cameras.delete")}
                body={t("cameras.delete_ask", { name: start.name })}
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

function terminalWords(terminal: string): string {
  return t(terminal === "app" ? "cameras.terminal_app" : terminal === "monitors" ? "cameras.terminal_monitors" : "cameras.terminal_all");
}
