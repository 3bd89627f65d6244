import { Drawer, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useRef, type ReactNode } from "react";
import { useCompanyNames } from "../../api/companies";
import { useDepartmentNames } from "../../api/departments";
import { useCountries } from "../../api/places";
import { useFamily, usePerson, useRemovePerson, useSavePerson } from "../../api/people";
import { useSite } from "../../api/sites";
import type { Person } from "../../api/types";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending, type ValueWords } from "../../parts/form";
import formCSS from "../../parts/form.module.css";
import { Failed, Notice, SkeletonRows } from "../../parts/page";
import { useMay } from "../../shell/eyes";
import { t, tn, word } from "../../text/t";
import { nameOf, ownName } from "../../words/names";
import { allFloors, kindsAt, newPerson, valuesOf, type PersonValues } from "../../words/personform";
import { countryName } from "./fields";
import { HomeUserForm } from "./homeuser";
import css from "./people.module.css";
import { callTypeWords, CompanyFields, ContactFields, Group, NameFields, OfficeFields, ResidentFields, useTexts, type FieldsProps, type Lock } from "./personfields";
import { CompanyField, DepartmentField, HomeField, homeWords } from "./place";

interface EditPersonProps {
  site: string;
  /** Where a new person lives, when that is known. */
  apartment?: string;
  /** What a new person becomes, when that is known; empty: what the place makes of it. */
  kind?: PersonValues["kind"];
  /** A department or company of a new person. */
  department?: string;
  company?: string;
  person?: Pick<Person, "id">;
  opened: boolean;
  onClose: () => void;
  /** The person was deleted. */
  onGone?: () => void;
}

/** The drawer in which a person is added or changed. */
export function EditPerson(props: EditPersonProps) {
  const adds = props.kind === "member" ? t("person.new_member") : t("people.new");
  return (
    <Drawer opened={props.opened} onClose={props.onClose} size={560} title={props.person ? t("people.edit") : adds} closeButtonProps={{ "aria-label": t("act.close") }}>
      {props.opened && <Loaded {...props} />}
    </Drawer>
  );
}

/** A known person is read anew: only alone does the API say what of it is locked. */
function Loaded(props: EditPersonProps) {
  const kind = useSite(props.site).data?.kind;
  const read = usePerson(props.site, props.person?.id, true);
  const may = useMay("people.write");
  const writes = useMay("sites.write");
  const opened = useRef<Person>(undefined);
  opened.current ??= read.isFetchedAfterMount ? read.data : undefined;
  if (read.isError && !opened.current) return <Failed error={read.error} again={() => void read.refetch()} />;
  if (!kind || (props.person && !opened.current)) return <SkeletonRows n={6} />;
  const known = opened.current;
  const gone = () => {
    props.onClose();
    props.onGone?.();
  };
  const left = known && may && !lockOf(known)("id") && <RemovePerson site={props.site} person={known} onGone={gone} />;
  if (kind === "single" && known?.kind === "master" && writes) return <HomeUserForm site={props.site} onClose={props.onClose} left={left} />;
  return <PersonForm {...props} siteKind={kind} known={known} left={left} />;
}

/** What of a person cannot be changed, as the API tells it of one person. */
export function lockOf(person: Person | undefined): Lock {
  const locks = person?.status.locks ?? [];
  const whole = locks.find((l) => l.path === "")?.reason;
  return (field) => whole ?? locks.find((l) => l.path.replace(/^form\./, "") === field)?.reason ?? "";
}

function PersonForm({ siteKind, known, left, ...props }: EditPersonProps & { siteKind: string; known?: Person; left: ReactNode }) {
  const { site, onClose } = props;
  const names = useRef(new Map<string, string>());
  const hear = (p: Person) => void names.current.set(p.apartment_id, homeWords(p.status.home));
  if (known && names.current.size === 0) hear(known);
  const save = useSavePerson(site, hear);
  const form = useForm<PersonValues>({ mode: "controlled", initialValues: known ? valuesOf(known) : startOf(siteKind, props) });
  const sending = useSending(form, async (values) => {
    const saved = await save.mutateAsync(values);
    if (saved.payment && !known) notifications.show({ message: t("person.unpaid", { name: nameOf(saved) }), color: "orange", autoClose: 12_000 });
    onClose();
  }, useWords(site, siteKind, names.current));
  const lock = lockOf(known);
  const whole = lock("id");
  return (
    <form onSubmit={sending.submit} noValidate className={css.form}>
      {whole && <Notice tone="warn">{whole}</Notice>}
      {!known && form.values.kind === "member" && <Extra site={site} apartment={form.values.apartment_id} />}
      <PlaceFields site={site} siteKind={siteKind} form={form} lock={lock} names={names.current} fixed={Boolean(props.apartment)} />
      <KindFields siteKind={siteKind} form={form} lock={lock} />
      <FormEnd
        rest={sending.rest}
        busy={sending.busy}
        act={known ? t("act.save") : t("people.new")}
        cancel={onClose}
        left={left}
      />
    </form>
  );
}

function startOf(siteKind: string, { apartment, department, company, kind }: EditPersonProps): PersonValues {
  const first = siteKind === "office" || siteKind === "commercial" ? kindsAt(siteKind)[0]! : "";
  return newPerson({ kind: kind ?? first, apartment_id: apartment ?? "", department_id: department ?? "", company_id: company ?? "" });
}

/** Says before that a member beyond the free ones must be paid for (PEOPLE-11). */
function Extra({ site, apartment }: { site: string; apartment: string }) {
  const family = useFamily(site, apartment).data;
  const free = family?.[0]?.status.home?.free_members;
  if (!family || free === undefined) return null;
  const taken = family.filter((p) => p.kind === "member" && !p.payment).length;
  const told = tn("person.members_free", free);
  if (taken < free) return <p className="soft">{told}</p>;
  return (
    <Notice tone="warn">
      {told} {t("person.members_paid")}
    </Notice>
  );
}

interface PlaceFieldsProps extends FieldsProps {
  site: string;
  siteKind: string;
  names: Map<string, string>;
  /** The place was chosen before, by the page the form stands on. */
  fixed: boolean;
}

/** What a person is, and where: first, since the rest follows from it. */
function PlaceFields({ site, siteKind, form, lock, names, fixed }: PlaceFieldsProps) {
  const locked = lock("apartment_id") !== "";
  if (siteKind === "community") return fixed && !form.errors["apartment_id"] && !form.errors["kind"] ? null : <HomeField site={site} form={form} disabled={locked} names={names} />;
  if (siteKind === "single") return null;
  return (
    <div className={formCSS.two}>
      <Select
        label={t("person.kind")}
        description={t(`person.kind_${form.values.kind as "basic"}_help`)}
        data={kindsAt(siteKind).map((value) => ({ value, label: t(`person.kind_${value}`) }))}
        disabled={lock("kind") !== ""}
        inputWrapperOrder={["label", "input", "description", "error"]}
        {...form.getInputProps("kind")}
        onChange={(kind) => form.setValues({ kind: kind as PersonValues["kind"], ...(kind === "administrator" && { app: "intercom" }) })}
      />
      {siteKind === "office" ? <DepartmentField site={site} form={form} disabled={locked} /> : <CompanyField site={site} form={form} disabled={locked} />}
    </div>
  );
}

function KindFields({ siteKind, form, lock }: FieldsProps & { siteKind: string }) {
  const works = siteKind === "office" || siteKind === "commercial";
  const text = useTexts({ form, lock });
  return (
    <>
      <Group title={t("person.who")}>
        <NameFields form={form} lock={lock} />
        {works && (
          <TextInput label={t("person.staff_id")} description={siteKind === "office" ? t("person.staff_id_help") : undefined} autoComplete="off" {...form.getInputProps("staff_id")} disabled={lock("staff_id") !== ""} />
        )}
      </Group>
      <ContactFields form={form} lock={lock} landlines={form.values.kind !== "member"} />
      {siteKind === "community" && <ResidentFields form={form} lock={lock} />}
      {siteKind === "single" && form.values.kind !== "member" && <TextInput label={t("person.address")} autoComplete="off" {...text("address")} />}
      {siteKind === "office" && <OfficeFields form={form} lock={lock} />}
      {siteKind === "commercial" && <CompanyFields form={form} lock={lock} />}
    </>
  );
}

/** Deletes a person after asking once; says what goes with it. */
function RemovePerson({ site, person, onGone }: { site: string; person: Person; onGone: () => void }) {
  const may = useMay("people.delete");
  const remove = useRemovePerson(site);
  if (!may) return null;
  const ask = person.kind === "master" && person.status.members > 0 ? tn("person.delete_family", person.status.members, { name: nameOf(person) }) : t("person.delete_ask", { name: nameOf(person) });
  return (
    <Remove
      of={person}
      act={t("people.delete")}
      body={ask}
      onRemove={async (seen) => {
        await remove.mutateAsync(seen);
        onGone();
      }}
    />
  );
}

/** How values read that are not text, where two edited at once. */
function useWords(site: string, siteKind: string, homes: Map<string, string>): ValueWords<PersonValues> {
  const countries = useCountries().data;
  const departments = useDepartmentNames(site, siteKind === "office").data;
  const companies = useCompanyNames(site, siteKind === "commercial").data;
  const named = (list: { id: string; name: string }[] | undefined, id: string) => list?.find((x) => x.id === id)?.name ?? "";
  const country = (code: string) => (code ? countryName(code, countries?.find((c) => c.code === code)?.name ?? code) : "");
  return {
    apartment_id: { label: t("people.apartment"), value: (id) => homes.get(id) ?? "" },
    department_id: { label: t("person.department"), value: (id) => named(departments, id) },
    company_id: { label: t("person.company"), value: (id) => named(companies, id) },
    kind: { label: t("person.kind"), value: (kind) => (kind ? word("person", `kind_${kind}`) : "") },
    language: ownName,
    country,
    landlines: { label: t("person.landlines"), value: (all) => all.filter(Boolean).join(", ") },
    floors: { label: t("person.floors"), value: (all) => (all.includes(allFloors) ? t("person.floors_all") : all.join(", ")) },
    app: { label: t("person.app"), value: (use) => t(`person.app_${use}`) },
    call_path: (path) => t(`person.path_${path || "ip"}`),
    call_type: callTypeWords,
  };
}
