import { Drawer, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { blankApartment, draftOfApartment, useAbilities, useRemoveApartment, useSaveApartment, type ApartmentDraft } from "../../api/apartments";
import { useSite } from "../../api/sites";
import { useTree } from "../../api/tree";
import type { Apartment, Site } from "../../api/types";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending, type ValueWords } from "../../parts/form";
import { SkeletonRows } from "../../parts/page";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { blankMonitor, blankResident, callTypeWords, handsetsWords, setsWords, wantsMonitor } from "../../words/homes";
import { keptWords } from "../devices/gate";
import { CallFields } from "./callfields";
import { HandsetFields, PlaceFields } from "./apartmentfields";
import { MonitorFields } from "./monitorfields";
import { ResidentFields } from "./residentfields";

interface EditApartmentProps {
  site: string;
  /** Where a new apartment stands; empty: that is chosen in the form. */
  building: string;
  floor?: string;
  apartment?: Apartment;
  opened: boolean;
  onClose: () => void;
}

/** The drawer in which an apartment is made, with who moves in, or changed. */
export function EditApartment(props: EditApartmentProps) {
  const site = useSite(props.site).data;
  const title = props.apartment ? t("apartments.edit") : t("apartments.new");
  return (
    <Drawer opened={props.opened} onClose={props.onClose} size={620} title={title} closeButtonProps={{ "aria-label": t("act.close") }}>
      {props.opened && (site ? <ApartmentForm {...props} of={site} /> : <SkeletonRows n={8} />)}
    </Drawer>
  );
}

/** What a new apartment begins with: who moves in and the first monitor where one may add them. */
function useBegin({ building, floor, apartment, of }: EditApartmentProps & { of: Site }): ApartmentDraft {
  const people = useMay("people.write");
  if (apartment) return draftOfApartment(apartment);
  return { ...blankApartment(building, floor), ...(people && { resident: blankResident() }), ...(wantsMonitor(of) && { monitor: blankMonitor() }) };
}

function ApartmentForm(props: EditApartmentProps & { of: Site }) {
  const { site, apartment, onClose } = props;
  const navigate = useNavigate();
  const save = useSaveApartment(site);
  const form = useForm<ApartmentDraft>({ mode: "controlled", initialValues: useBegin(props) });
  const buildings = useTree(site).data?.buildings ?? [];
  const sending = useSending(
    form,
    async (draft) => {
      const saved = await save.mutateAsync(draft);
      onClose();
      for (const w of saved.warnings ?? []) notifications.show({ title: t("homes.kept"), message: keptWords(w), color: "yellow", autoClose: 12_000 });
      await navigate({ to: "/sites/$site/buildings/apartments/$apartment", params: { site, apartment: saved.id } });
    },
    wordsOf((id) => buildings.find((b) => b.id === id)?.name ?? ""),
  );
  const abilities = useAbilities(site, apartment ? { apartment: apartment.id } : { building: form.values.building_id || undefined });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="lg">
        <PlaceFields form={form} abilities={abilities.data} buildings={buildings} />
        <CallFields form={form} abilities={abilities.data} />
        {form.values.resident && <ResidentFields form={form} />}
        {form.values.monitor && <MonitorFields site={site} form={form} />}
        <HandsetFields form={form} />
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={apartment ? t("act.save") : t("apartments.new")}
          cancel={onClose}
          left={apartment && <RemoveApartment site={site} apartment={apartment} onGone={onClose} />}
        />
      </Stack>
    </form>
  );
}

/** How values read where two edited at the same time. */
function wordsOf(building: (id: string) => string): ValueWords<ApartmentDraft> {
  return {
    building_id: building,
    floor: (floor) => (floor ? t("floor.name", { name: floor }) : ""),
    contact: (c) => t(`homes.contact_${c}`),
    call_type: { label: t("homes.call_type"), value: callTypeWords },
    call_path: (path) => t(`apartments.path_${path}`),
    sets: { label: t("homes.sets"), value: setsWords },
    handsets: { label: t("homes.handsets"), value: handsetsWords },
  };
}

interface RemoveApartmentProps { site: string; apartment: Apartment; onGone: () => void }

/** Deletes the apartment and who lives there (SITE-25). */
function RemoveApartment({ site, apartment, onGone }: RemoveApartmentProps) {
  const navigate = useNavigate();
  const remove = useRemoveApartment(site);
  return (
    <Remove
      of={apartment}
      act={t("apartments.delete")}
      body={t("apartments.delete_ask", { number: apartment.number })}
      onRemove={async (seen) => {
        await remove.mutateAsync(seen);
        onGone();
        await navigate({ to: "/sites/$site/buildings/$building", params: { site, building: apartment.building_id } });
      }}
    />
  );
}
