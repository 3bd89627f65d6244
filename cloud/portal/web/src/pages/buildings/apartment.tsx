import { ActionIcon, Button } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useApartments } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import { useDevices } from "../../api/devices";
import { usePeople } from "../../api/people";
import { useSite } from "../../api/sites";
import type { Apartment, Person } from "../../api/types";
import { Empty, Page, Panel, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import { byName } from "../../words/floors";
import { LogRows } from "../log/rows";
import { Missing } from "../missing";
import { EditPerson } from "../people/editperson";
import { RegistrationPanel } from "../people/registration";
import { ResetHome } from "../people/reset";
import { DevicesPanel } from "./devicespanel";
import { EditApartment } from "./editapartment";
import { Order } from "./order";
import css from "./buildings.module.css";

/** An apartment on one page: who lives there, what hangs there, who rings, what happened. */
export default function ApartmentPage() {
  const { site, apartment: id } = useParams({ from: "/inside/sites/$site/buildings/apartments/$apartment" });
  const apartments = useApartments(site);
  const apartment = apartments.data?.find((a) => a.id === id);
  if (!apartments.data) return <SkeletonRows />;
  if (!apartment) return <Missing />;
  return <Shown site={site} apartment={apartment} key={id} />;
}

function Shown({ site, apartment }: { site: string; apartment: Apartment }) {
  const buildings = useBuildings(site);
  const zone = useSite(site).data?.time_zone;
  const [editing, setEditing] = useState(false);
  const building = buildings.data?.find((b) => b.id === apartment.building_id);
  return (
    <Page
      title={t("apartments.title", { number: apartment.number })}
      crumbs={
        <>
          <Link to="/sites/$site/buildings" params={{ site }}>
            {t("buildings.title")}
          </Link>
          <span aria-hidden>/</span>
          <Link to="/sites/$site/buildings/$building" params={{ site, building: apartment.building_id }}>
            {building?.name}
          </Link>
        </>
      }
      under={
        <>
          {apartment.name && <span>{apartment.name}</span>}
          <span>{apartment.floor ? t("floor.name", { name: apartment.floor }) : t("floor.none")}</span>
          <span>{t(`apartments.path_${apartment.call_path}`)}</span>
        </>
      }
      acts={
        <>
          <ResetHome site={site} apartment={apartment.id} />
          <Button variant="default" leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setEditing(true)}>
            {t("act.edit")}
          </Button>
        </>
      }
    >
      <div className={css.grid}>
        <Residents site={site} apartment={apartment} />
        <Devices site={site} apartment={apartment} />
        <div className={css.wide}>
          <Order site={site} apartment={apartment} />
        </div>
        <div className={css.wide}>
          <RegistrationPanel site={site} apartment={apartment} />
        </div>
        <div className={css.wide}>
          <Panel title={t("apartments.history")} flush>
            <LogRows site={site} zone={zone} query={{ apartment: apartment.id, limit: 10 }} most={10} empty={t("apartments.no_history")} />
          </Panel>
        </div>
      </div>
      <EditApartment site={site} building={apartment.building_id} apartment={apartment} opened={editing} onClose={() => setEditing(false)} />
    </Page>
  );
}

function Residents({ site, apartment }: { site: string; apartment: Apartment }) {
  const people = usePeople(site);
  const [editing, setEditing] = useState<Person | "new">();
  const mine = (people.data ?? []).filter((p) => p.apartment_id === apartment.id).sort((a, b) => byName(a.last_name, b.last_name));
  const add = (
    <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setEditing("new")}>
      {t("people.new")}
    </Button>
  );
  return (
    <Panel title={t("apartments.residents")} flush acts={add}>
      {people.isPending && <SkeletonRows n={2} />}
      {people.data && mine.length === 0 && <Empty small body={t("apartments.no_residents")} />}
      <ul className={css.rows}>
        {mine.map((p) => (
          <li key={p.id}>
            <span className={css.grow}>
              {p.first_name} {p.last_name}
              <span className="soft"> {[p.phone, p.email].filter(Boolean).join(" · ")}</span>
            </span>
            <ActionIcon variant="subtle" color="gray" aria-label={`${t("people.edit")}: ${p.first_name} ${p.last_name}`} onClick={() => setEditing(p)}>
              <IconPencil size={16} />
            </ActionIcon>
          </li>
        ))}
      </ul>
      <EditPerson site={site} apartment={apartment.id} person={editing === "new" ? undefined : editing} opened={Boolean(editing)} onClose={() => setEditing(undefined)} />
    </Panel>
  );
}

function Devices({ site, apartment }: { site: string; apartment: Apartment }) {
  const mine = useDevices(site).data?.filter((d) => d.apartment_id === apartment.id).sort((a, b) => byName(a.name, b.name));
  return <DevicesPanel site={site} title={t("apartments.devices")} devices={mine} at={`apartment=${apartment.id}`} empty={t("apartments.no_devices")} />;
}
