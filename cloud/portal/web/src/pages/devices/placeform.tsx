import { Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useBuildings } from "../../api/buildings";
import { useCompanyNames } from "../../api/companies";
import { useDepartmentNames } from "../../api/departments";
import type { DeviceDraft } from "../../api/devices";
import { useGroups } from "../../api/groups";
import { useHomes, usePeopleOf } from "../../api/homes";
import { useMasters } from "../../api/people";
import { t } from "../../text/t";
import { nameOf } from "../../words/names";
import css from "./devices.module.css";
import { options } from "./parts";

interface PlaceProps {
  site: string;
  kind: string | undefined;
  form: UseFormReturnType<DeviceDraft>;
}

/** Where a device stands: in a department of an office, or in a building and an apartment. A single-family home has one place alone. */
export function PlaceForm({ site, kind, form }: PlaceProps) {
  if (kind === "single") return <HomeOwner site={site} />;
  return (
    <>
      <div className={css.two}>{kind === "office" ? <OfficePlace site={site} form={form} /> : <BuildingPlace site={site} form={form} />}</div>
      {kind === "commercial" && <Company site={site} form={form} />}
      <Group site={site} form={form} />
    </>
  );
}

/** Whose home it is: shown, never chosen (DEV-07). */
function HomeOwner({ site }: { site: string }) {
  const owner = useMasters(site).data?.[0];
  if (!owner) return null;
  return <TextInput label={t("dev.owner")} value={nameOf(owner)} readOnly variant="filled" />;
}

type Part = Omit<PlaceProps, "kind">;

function BuildingPlace({ site, form: f }: Part) {
  const buildings = useBuildings(site);
  const homes = useHomes(site, f.values.building_id);
  return (
    <>
      <Select
        label={t("device.building")}
        data={[{ value: "", label: t("device.no_building") }, ...options(buildings.data, (b) => b.id, (b) => b.name)]}
        {...f.getInputProps("building_id")}
        onChange={(v) => f.setValues({ building_id: v ?? "", apartment_id: "" })}
      />
      {f.values.building_id && (
        <Select
          label={t("device.apartment")}
          data={[{ value: "", label: t("device.no_apartment") }, ...options(homes.data, (h) => h.id, (h) => (h.name ? `${h.number} · ${h.name}` : h.number))]}
          searchable={(homes.data?.length ?? 0) > 8}
          limit={100}
          {...f.getInputProps("apartment_id")}
          onChange={(v) => f.setFieldValue("apartment_id", v ?? "")}
        />
      )}
    </>
  );
}

/** A department must be there before a device is added to it (DEV-08). */
function OfficePlace({ site, form: f }: Part) {
  const departments = useDepartmentNames(site, true);
  const people = usePeopleOf(site, f.values.department_id, f.values.department_id !== "");
  return (
    <>
      <Select
        label={t("dev.department")}
        description={departments.data?.length === 0 ? t("dev.no_departments") : undefined}
        inputWrapperOrder={["label", "input", "description", "error"]}
        data={[{ value: "", label: t("dev.office_public") }, ...options(departments.data, (d) => d.id, (d) => d.name)]}
        {...f.getInputProps("department_id")}
        onChange={(v) => f.setValues({ department_id: v ?? "", owner_id: "" })}
      />
      {f.values.department_id && (
        <Select
          label={t("dev.owner")}
          data={[{ value: "", label: t("dev.owner_none") }, ...options(people.data, (p) => p.id, (p) => `${p.first_name} ${p.last_name}`.trim())]}
          searchable={(people.data?.length ?? 0) > 8}
          limit={100}
          {...f.getInputProps("owner_id")}
        />
      )}
    </>
  );
}

function Company({ site, form: f }: Part) {
  const companies = useCompanyNames(site, true);
  return <Select label={t("dev.company")} data={[{ value: "", label: t("dev.company_none") }, ...options(companies.data, (c) => c.id, (c) => c.name)]} {...f.getInputProps("company_id")} />;
}

/** The network group, with the warning of what a wrong one does (DEV-04). A new device begins in that of its building's other devices. */
function Group({ site, form: f }: Part) {
  const groups = useGroups(site);
  const first = f.values.id ? [] : [{ value: "", label: t("dev.group_default") }];
  return (
    <Select
      label={t("device.group")}
      description={t("dev.group_help")}
      data={[...first, ...options(groups.data, (g) => g.id, (g) => g.name)]}
      {...f.getInputProps("group_id")}
    />
  );
}
