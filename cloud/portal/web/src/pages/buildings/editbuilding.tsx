import { Drawer, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useRemoveBuilding, useSaveBuilding, type BuildingDraft } from "../../api/buildings";
import type { Building, Seen } from "../../api/types";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { t } from "../../text/t";
import { floorNames } from "../../words/homes";
import css from "./buildings.module.css";

/** A floor of a building's form; empty is what the device says itself (SITE-23). */
const floorWords = (floor: string) => floor || t("buildings.on_device");

interface EditBuildingProps {
  site: string;
  building?: Building;
  opened: boolean;
  onClose: () => void;
}

/** The drawer in which a building is made or changed. */
export function EditBuilding(props: EditBuildingProps) {
  const title = props.building ? t("buildings.edit") : t("buildings.new");
  return (
    <Drawer opened={props.opened} onClose={props.onClose} title={title} closeButtonProps={{ "aria-label": t("act.close") }}>
      {props.opened && <BuildingForm {...props} />}
    </Drawer>
  );
}

/** Deletes a building and shows those that are left. */
export function useDeleteBuilding(site: string): (seen: Seen) => Promise<void> {
  const navigate = useNavigate();
  const remove = useRemoveBuilding(site);
  return async (seen) => {
    await remove.mutateAsync(seen);
    await navigate({ to: "/sites/$site/buildings", params: { site } });
  };
}

function BuildingForm({ site, building, onClose }: EditBuildingProps) {
  const navigate = useNavigate();
  const save = useSaveBuilding(site);
  const remove = useDeleteBuilding(site);
  const form = useForm<BuildingDraft>({ mode: "controlled", initialValues: building ?? { name: "", ground_floor: "", start_floor: "" } });
  const sending = useSending(form, async (draft) => {
    const saved = await save.mutateAsync(draft);
    onClose();
    await navigate({ to: "/sites/$site/buildings/$building", params: { site, building: saved.id } });
  }, { ground_floor: floorWords, start_floor: floorWords });
  const floors = ["", ...floorNames].map((value) => ({ value, label: floorWords(value) }));
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("buildings.name")} data-autofocus {...form.getInputProps("name")} />
        <div className={css.two}>
          <Select label={t("buildings.ground")} searchable data={floors} limit={150} {...form.getInputProps("ground_floor")} />
          <Select label={t("buildings.start")} searchable data={floors} limit={150} {...form.getInputProps("start_floor")} />
        </div>
        <div className={css.help}>{t("buildings.floor_help")}</div>
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={building ? t("act.save") : t("buildings.new")}
          cancel={onClose}
          left={
            building && (
              <Remove
                of={building}
                act={t("buildings.delete")}
                body={t("buildings.delete_ask", { name: building.name })}
                onRemove={async (seen) => {
                  await remove(seen);
                  onClose();
                }}
              />
            )
          }
        />
      </Stack>
    </form>
  );
}
