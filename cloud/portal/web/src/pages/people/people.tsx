import { Button, TextInput, UnstyledButton } from "@mantine/core";
import { IconAddressBook, IconPlus, IconSearch } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useApartments } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import { usePeople } from "../../api/people";
import type { Apartment, Building, Person } from "../../api/types";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { Table, tableCSS, type Column } from "../../parts/table";
import { t } from "../../text/t";
import { EditPerson } from "./editperson";

/** Everybody who lives or works at a site. */
export default function People() {
  const { site } = useParams({ from: "/inside/sites/$site/people" });
  const people = usePeople(site);
  const apartments = useApartments(site);
  const buildings = useBuildings(site);
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
        {people.isPending && <SkeletonRows />}
        {people.isError && !people.data && <Failed error={people.error} again={() => people.refetch()} />}
        {none && <Empty icon={<IconAddressBook size={22} aria-hidden />} title={t("people.empty")} body={t("people.empty_body")} act={add} />}
        {people.data && !none && (
          <List site={site} people={people.data} apartments={apartments.data ?? []} buildings={buildings.data ?? []} onEdit={setEditing} />
        )}
      </Panel>
      <EditPerson site={site} person={editing === "new" ? undefined : editing} opened={Boolean(editing)} onClose={() => setEditing(undefined)} />
    </Page>
  );
}

interface ListProps {
  site: string;
  people: Person[];
  apartments: Apartment[];
  buildings: Building[];
  onEdit: (p: Person) => void;
}

function List({ site, people, apartments, buildings, onEdit }: ListProps) {
  const [wanted, setWanted] = useState("");
  const home = (p: Person) => {
    const a = apartments.find((x) => x.id === p.apartment_id);
    if (!a) return "";
    return buildings.length > 1 ? `${buildings.find((b) => b.id === a.building_id)?.name ?? ""} · ${a.number}` : a.number;
  };
  const w = wanted.trim().toLowerCase();
  const shown = people.filter((p) => `${p.first_name} ${p.last_name} ${p.email} ${p.phone} ${home(p)}`.toLowerCase().includes(w));
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
    <>
      <div className={tableCSS.bar}>
        <TextInput
          aria-label={t("people.filter")}
          placeholder={t("people.filter")}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={wanted}
          onChange={(e) => setWanted(e.currentTarget.value)}
        />
      </div>
      {shown.length === 0 ? (
        <Empty small body={t("people.none")} />
      ) : (
        <Table
          rows={shown}
          columns={columns}
          id={(p) => p.id}
          label={t("people.title")}
          card={(p) => (
            <div style={{ display: "grid", gap: 4 }}>
              <div style={{ display: "flex", justifyContent: "space-between", gap: 12 }}>
                {name(p)} {place(p)}
              </div>
              <div className="soft">{[p.phone, p.email].filter(Boolean).join(" · ")}</div>
            </div>
          )}
        />
      )}
    </>
  );
}
