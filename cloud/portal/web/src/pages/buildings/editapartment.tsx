import { Drawer, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { blankApartment, draftOfApartment, useRemoveApartment, useSaveApartment, type ApartmentDraft } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import type { Apartment } from "../../api/types";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { t } from "../../text/t";
import css from "./buildings.module.css";

interface EditApartmentProps {
  site: string;
  building: string;
  apartment?: Apartment;
  opened: boolean;
  onClose: () => void;
}

/** The drawer in which an apartment is made or changed. */
export function EditApartment(props: EditApartmentProps) {
  const title = props.apartment ? t("apartments.edit") : t("apartments.new");
  return (
    <Drawer opened={props.opened} onClose={props.onClose} title={title} closeButtonProps={{ "aria-label": t("act.close") }}>
      {props.opened && <ApartmentForm {...props} />}
    </Drawer>
  );
}

function ApartmentForm({ site, building, apartment, onClose }: EditApartmentProps) {
  const navigate = useNavigate();
  const buildings = useBuildings(site);
  const save = useSaveApartment(site);
  const remove = useRemoveApartment(site);
  const form = useForm<ApartmentDraft>({
    mode: "controlled",
    initialValues: apartment ? draftOfApartment(apartment) : blankApartment(building),
  });
  const sending = useSending(form, async (draft) => {
    const saved = await save.mutateAsync(draft);
    onClose();
    await navigate({ to: "/sites/$site/buildings/apartments/$apartment", params: { site, apartment: saved.id } });
  }, { building_id: (id) => buildings.data?.find((b) => b.id === id)?.name ?? "", call_path: (path) => t(`apartments.path_${path}`) });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <div className={css.two}>
          <TextInput label={t("apartments.number")} data-autofocus autoComplete="off" {...form.getInputProps("number")} />
          <TextInput label={t("apartments.floor")} autoComplete="off" {...form.getInputProps("floor")} />
        </div>
        <div className="soft" style={{ fontSize: 13, marginTop: -8 }}>{t("apartments.number_help")}</div>
        <TextInput label={t("apartments.name")} {...form.getInputProps("name")} />
        {(buildings.data?.length ?? 0) > 1 && (
          <Select
            label={t("apartments.building")}
            data={(buildings.data ?? []).map((b) => ({ value: b.id, label: b.name }))}
            {...form.getInputProps("building_id")}
          />
        )}
        <Select
          label={t("apartments.path")}
          data={[
            { value: "ip", label: t("apartments.path_ip") },
            { value: "sip", label: t("apartments.path_sip") },
          ]}
          {...form.getInputProps("call_path")}
        />
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={apartment ? t("act.save") : t("apartments.new")}
          cancel={onClose}
          left={
            apartment && (
              <Remove
                of={apartment}
                act={t("apartments.delete")}
                body={t("apartments.delete_ask", { number: apartment.number })}
                onRemove={async (seen) => {
                  await remove.mutateAsync(seen);
                  onClose();
                  await navigate({ to: "/sites/$site/buildings/$building", params: { site, building } });
                }}
              />
            )
          }
        />
      </Stack>
    </form>
  );
}
