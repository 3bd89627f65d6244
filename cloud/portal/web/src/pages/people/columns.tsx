import { ActionIcon, Button } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useCompanyNames } from "../../api/companies";
import { useDepartmentNames } from "../../api/departments";
import type { Person, Site } from "../../api/types";
import type { Choice } from "../../parts/list";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import { nameOf } from "../../words/names";
import { kindsAt } from "../../words/personform";
import css from "./people.module.css";
import { ResetHome } from "./reset";
import { Active, Lines, nothing, Standing, Until } from "./states";

interface RowProps {
  site: string;
  may: boolean;
  onEdit: (person: Person) => void;
}

/** The columns of a list of people, by the kind of its site. */
export function columnsOf(kind: string, rows: RowProps): Column<Person>[] {
  const name: Column<Person> = {
    key: "name", title: t(kind === "community" ? "person.resident_email" : "person.name_email"), sorts: true,
    cell: (p) => <Lines email of={[<Name key="n" site={rows.site} person={p} />, p.email]} />,
  };
  const created: Column<Person> = { key: "created", title: t("person.created"), cell: (p) => <span className={css.still}><When at={p.status.created_at} /></span>, sorts: true };
  const acts: Column<Person> = { key: "acts", title: t("person.acts"), cell: (p) => <Acts person={p} {...rows} /> };
  const app: Column<Person> = { key: "app", title: t("person.app_status"), cell: (p) => <Standing of={p.status.app} /> };
  if (kind === "office") return [name, ...officeColumns(), app, created, acts];
  if (kind === "commercial") return [name, ...companyColumns(), app, created, acts];
  return [
    name,
    { key: "building", title: t("person.building"), cell: (p) => <span className={css.building}>{p.status.home?.building || nothing}</span> },
    { key: "apartment", title: t("person.apt_both"), sorts: true, cell: (p) => <Lines of={[<Home key="h" site={rows.site} person={p} />, p.status.home?.name]} /> },
    { key: "active", title: t("person.active"), cell: (p) => <Active person={p} /> },
    app,
    created,
    { key: "expires", title: t("person.expires"), cell: (p) => <Until at={p.status.expires_at} none={nothing} /> },
    acts,
  ];
}

function officeColumns(): Column<Person>[] {
  return [
    { key: "staff_id", title: t("person.staff_id"), cell: (p) => <StaffID of={p.staff_id} />, sorts: true },
    { key: "kind", title: t("person.kind"), cell: (p) => t(`person.kind_${p.kind}`) },
    { key: "department", title: t("person.department"), cell: (p) => p.status.department || nothing },
    { key: "phone", title: t("person.mobile"), cell: (p) => p.phone || nothing },
  ];
}

function companyColumns(): Column<Person>[] {
  return [
    { key: "staff_id", title: t("person.staff_id"), cell: (p) => <StaffID of={p.staff_id} />, sorts: true },
    { key: "kind", title: t("person.kind"), cell: (p) => t(`person.kind_${p.kind}`) },
    { key: "company", title: t("person.company"), cell: (p) => p.status.company || nothing },
    { key: "landline", title: t("person.landline"), cell: (p) => <Standing of={p.status.landline} /> },
  ];
}

function StaffID({ of }: { of: string }) {
  return <span className={of ? `mono ${css.still}` : css.still}>{of || nothing}</span>;
}

function Name({ site, person }: { site: string; person: Person }) {
  return (
    <Link to="/sites/$site/people/$person" params={{ site, person: person.id }} className={tableCSS.main}>
      {nameOf(person)}
    </Link>
  );
}

/** Where somebody lives; whom the manager has placed nowhere says so (PEOPLE-15). */
export function Home({ site, person }: { site: string; person: Person }) {
  if (!person.status.home) return <span className="soft">{t("person.not_placed")}</span>;
  return (
    <Link to="/sites/$site/buildings/apartments/$apartment" params={{ site, apartment: person.apartment_id }} style={{ color: "var(--v-teal)" }}>
      {person.status.home.number}
    </Link>
  );
}

/** Edit and reset, without opening a building (PEOPLE-17). */
function Acts({ site, may, onEdit, person, worded }: RowProps & { person: Person; worded?: boolean }) {
  return (
    <span className={css.acts}>
      {may && worded && (
        <Button variant="default" size="compact-sm" leftSection={<IconPencil size={14} aria-hidden />} aria-label={t("person.edit_named", { name: nameOf(person) })} onClick={() => onEdit(person)}>
          {t("act.edit")}
        </Button>
      )}
      {may && !worded && (
        <ActionIcon variant="subtle" color="gray" aria-label={t("person.edit_named", { name: nameOf(person) })} onClick={() => onEdit(person)}>
          <IconPencil size={16} />
        </ActionIcon>
      )}
      {person.kind === "master" && person.apartment_id && <ResetHome site={site} apartment={person.apartment_id} small={worded} icon={!worded} />}
    </span>
  );
}

/** The same on a phone. */
export function PersonCard({ person, kind, ...rows }: RowProps & { person: Person; kind: string }) {
  const { status } = person;
  const lives = kind === "community";
  const where = lives ? [status.home?.building, status.home?.name] : [t(`person.kind_${person.kind}`), status.department || status.company, person.staff_id];
  return (
    <RowCard
      head={
        <>
          <Name site={rows.site} person={person} />
          {lives ? <Active person={person} /> : <Standing of={status.app} />}
        </>
      }
    >
      <span>
        {lives && <Home site={rows.site} person={person} />} <span className="soft">{where.filter(Boolean).join(" · ")}</span>
      </span>
      {person.email && <span className="soft">{person.email}</span>}
      {person.phone && <span className="soft">{person.phone}</span>}
      <Acts person={person} worded {...rows} />
    </RowCard>
  );
}

/** The filters of a list of people; their names are those of the API. */
export function useFilters(site: Site): Choice[] {
  const departments = useDepartmentNames(site.id, site.kind === "office").data ?? [];
  const companies = useCompanyNames(site.id, site.kind === "commercial").data ?? [];
  const named = (list: { id: string; name: string }[]) => list.map((x) => ({ value: x.id, label: x.name }));
  const words = (key: string, label: string, values: readonly string[], word: (v: string) => string): Choice => ({ key, label, options: values.map((value) => ({ value, label: word(value) })) });
  const app = words("app", t("person.app_status"), ["registered", "unregistered"], (v) => t(`status.${v as "registered"}`));
  const kind = words("kind", t(site.kind === "community" ? "person.filter_kind" : "person.kind"), kindsAt(site.kind), (v) => t(`person.kind_${v as "master"}`));
  if (site.kind === "office") return [{ key: "department", label: t("person.department"), options: named(departments) }, kind, app];
  if (site.kind === "commercial") return [...(companies.length > 1 ? [{ key: "company", label: t("person.company"), options: named(companies) }] : []), kind, app];
  const active = words("active", t("person.active"), ["normal", "inactivated", "expired"], (v) => t(`status.${v as "normal"}`));
  return [app, active, kind, { key: "placed", label: t("person.placed"), options: [{ value: "no", label: t("person.placed_no") }] }];
}
