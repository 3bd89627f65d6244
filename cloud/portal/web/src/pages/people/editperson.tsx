import { Drawer, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useApartments } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import { useRemovePerson, useSavePerson, type PersonDraft } from "../../api/people";
import type { Apartment, Person } from "../../api/types";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { options } from "../devices/parts";
import { AccountOfPerson } from "./account";

interface EditPersonProps {
  site: string;
  /** Where a new person lives, when that is known. */
  apartment?: string;
  person?: Person;
  opened: boolean;
  onClose: () => void;
}

/** The drawer in which a person is added or changed. */
export function EditPerson(props: EditPersonProps) {
  const may = useMay("residents.write");
  const title = props.person ? t("people.edit") : t("people.new");
  return (
    <Drawer opened={props.opened} onClose={props.onClose} title={title} closeButtonProps={{ "aria-label": t("act.close") }}>
      {props.opened && <PersonForm {...props} />}
      {props.opened && props.person && may && (
        <div style={{ marginTop: 24 }}>
          <AccountOfPerson site={props.site} person={props.person} />
        </div>
      )}
    </Drawer>
  );
}

function PersonForm({ site, apartment, person, onClose }: EditPersonProps) {
  const apartments = useApartments(site);
  const buildings = useBuildings(site);
  const save = useSavePerson(site);
  const remove = useRemovePerson(site);
  const form = useForm<PersonDraft>({
    mode: "controlled",
    initialValues: person ?? { apartment_id: apartment ?? "", first_name: "", last_name: "", email: "", phone: "" },
  });
  const sending = useSending(form, async (draft) => {
    await save.mutateAsync(draft);
    onClose();
  }, { apartment_id: (id) => homeWords(apartments.data?.find((a) => a.id === id)) });
  const several = (buildings.data?.length ?? 0) > 1;
  const label = (b: string, number: string) => (several ? `${buildings.data?.find((x) => x.id === b)?.name ?? ""} · ${number}` : number);
  const homeWords = (a?: Apartment) => (a ? label(a.building_id, a.number) : "");
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("people.first")} data-autofocus {...form.getInputProps("first_name")} />
        <TextInput label={t("people.last")} {...form.getInputProps("last_name")} />
        <Select
          label={t("people.apartment")}
          searchable
          data={options(apartments.data, (a) => a.id, (a) => label(a.building_id, a.number))}
          {...form.getInputProps("apartment_id")}
          value={form.values.apartment_id || null}
        />
        <TextInput label={t("people.email")} type="email" {...form.getInputProps("email")} />
        <TextInput label={t("people.phone")} type="tel" {...form.getInputProps("phone")} />
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={person ? t("act.save") : t("people.new")}
          cancel={onClose}
          left={
            person && (
              <Remove
                of={person}
                act={t("people.delete")}
                body={t("people.delete_ask", { name: `${person.first_name} ${person.last_name}` })}
                onRemove={async (seen) => {
                  await remove.mutateAsync(seen);
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
