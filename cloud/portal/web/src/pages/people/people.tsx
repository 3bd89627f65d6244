import { Button, UnstyledButton } from "@mantine/core";
import { IconAddressBook, IconPlus } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useApartments } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import { usePeople } from "../../api/people";
import type { Person } from "../../api/types";
import { List, type ListProps } from "../../parts/list";
import { Empty, Page, Panel } from "../../parts/page";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { t } from "../../text/t";
import { EditPerson } from "./editperson";

/** Everybody who lives or works at a site. */
export default function People() {
  const { site } = useParams({ from: "/inside/sites/$site/people" });
  const people = usePeople(site);
  const apartments = useApartments(site);
  const [editing, setEditing] = useState<Person | "new">();
  const none = people.data?.length === 0;
  const homeless = apartments.data?.length === 0;
  const add = homeless ? (
    <Button component={Link} to={`/sites/${site}/buildings`}>
      {t("overview.no_building_act")}
    </Button>
  ) : (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing("new")}>
      {t("people.new")}
    </Button>
  );
  return (
    <Page title={t("people.title")} acts={!none && add}>
      <Panel flush>
        <PeopleList
          site={site}
          people={people}
          onEdit={setEditing}
          empty={<Empty icon={<IconAddressBook size={22} aria-hidden />} title={t("people.empty")} body={t("people.empty_body")} act={add} />}
        />
      </Panel>
      <EditPerson site={site} person={editing === "new" ? undefined : editing} opened={Boolean(editing)} onClose={() => setEditing(undefined)} />
    </Page>
  );
}

interface PeopleListProps {
  site: string;
  people: ListProps<Person>["of"];
  onEdit: (p: Person) => void;
  empty: ReactNode;
}

function PeopleList({ site, people, onEdit, empty }: PeopleListProps) {
  const apartments = useApartments(site).data ?? [];
  const buildings = useBuildings(site).data ?? [];
  const home = (p: Person) => {
    const a = apartments.find((x) => x.id === p.apartment_id);
    if (!a) return "";
    return buildings.length > 1 ? `${buildings.find((b) => b.id === a.building_id)?.name ?? ""} · ${a.number}` : a.number;
  };
  const name = (p: Person) => (
    <UnstyledButton className={tableCSS.main} onClick={() => onEdit(p)} aria-label={`${t("people.edit")}: ${p.first_name} ${p.last_name}`}>
      {p.first_name} {p.last_name}
    </UnstyledButton>
  );
  const place = (p: Person) => (
    <Link to="/sites/$site/buildings/apartments/$apartment" params={{ site, apartment: p.apartment_id }} style={{ color: "var(--v-teal)" }}>
      {home(p)}
    </Link>
  );
  const columns: Column<Person>[] = [
    { key: "name", title: t("people.name"), cell: name, by: (p) => `${p.last_name} ${p.first_name}` },
    { key: "apartment", title: t("people.apartment"), cell: place, by: home },
    { key: "phone", title: t("people.phone"), cell: (p) => p.phone, by: (p) => p.phone },
    { key: "email", title: t("people.email"), cell: (p) => p.email, by: (p) => p.email },
  ];
  return (
    <List
      name="people"
      of={people}
      columns={columns}
      id={(p) => p.id}
      label={t("people.title")}
      words={(p) => `${p.first_name} ${p.last_name} ${p.email} ${p.phone} ${home(p)}`}
      find={t("people.filter")}
      empty={empty}
      none={t("people.none")}
      card={(p) => (
        <RowCard
          head={
            <>
              {name(p)} {place(p)}
            </>
          }
        >
          <div className="soft">{[p.phone, p.email].filter(Boolean).join(" · ")}</div>
        </RowCard>
      )}
    />
  );
}
