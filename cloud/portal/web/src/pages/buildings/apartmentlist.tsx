import { ActionIcon } from "@mantine/core";
import { IconInfoCircle, IconRefresh } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useApartmentPage } from "../../api/apartments";
import { useSite } from "../../api/sites";
import { noFloor, useFloors } from "../../api/tree";
import type { Apartment } from "../../api/types";
import { ServedList, type Choice } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { date } from "../../parts/time";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { activeState, appState, aptWords } from "../../words/homes";
import { ResetDialog, ResetHome } from "../people/reset";
import css from "./buildings.module.css";

interface ApartmentListProps {
  site: string;
  /** Only the apartments of a building; without it those of the whole community. */
  building?: string;
}

/** The apartments of a level, with who lives there and how the account stands (SITE-29). The server searches, sorts and cuts. */
export function ApartmentList({ site, building }: ApartmentListProps) {
  const url = useListURL({
    name: "apartments", sort: { key: "number", down: false }, sorts: ["number", "name", "resident", "created"],
    filters: building ? ["app", "active", "floor"] : ["app", "active"],
  });
  const homes = useApartmentPage(site, url, building);
  const zone = useSite(site).data?.time_zone;
  const filters = useFilters(site, building);
  return (
    <Panel flush>
      <ServedList
        of={homes}
        url={url}
        columns={columnsFor(site, !building, zone)}
        id={(a) => a.id}
        label={t("homes.list")}
        find={t("homes.find")}
        filters={filters}
        linked
        none={t("homes.none")}
        empty={<Empty body={t(building ? "homes.empty_building" : "homes.empty")} />}
        card={(a) => <Card site={site} apartment={a} placed={!building} zone={zone} />}
      />
    </Panel>
  );
}

function useFilters(site: string, building?: string): Choice[] {
  const floors = useFloors(site, building ?? "", Boolean(building)).data ?? [];
  const floor = floors.map((f) => ({ value: f.floor || noFloor, label: f.floor ? t("floor.name", { name: f.floor }) : t("floor.none") }));
  return [
    { key: "app", label: t("homes.app"), options: (["registered", "unregistered"] as const).map((v) => ({ value: v, label: appState(v).word })) },
    { key: "active", label: t("homes.active"), options: (["normal", "inactivated", "expired"] as const).map((v) => ({ value: v, label: activeState(v).word })) },
    ...(floor.length > 1 ? [{ key: "floor", label: t("apartments.floor"), options: floor }] : []),
  ];
}

function columnsFor(site: string, placed: boolean, zone?: string): Column<Apartment>[] {
  return [
    { key: "number", title: t("apartments.number"), cell: (a) => <Apt site={site} apartment={a} placed={placed} />, sorts: true },
    { key: "name", title: t("apartments.name"), cell: (a) => a.name || "–", sorts: true },
    { key: "resident", title: t("homes.resident"), cell: (a) => <Resident apartment={a} />, sorts: true },
    { key: "active", title: t("homes.active_expires"), cell: (a) => <Standing apartment={a} zone={zone} /> },
    { key: "created", title: t("homes.created"), cell: (a) => <When at={a.created} zone={zone} />, sorts: true },
    { key: "acts", title: t("homes.acts"), cell: (a) => <Acts site={site} apartment={a} /> },
  ];
}

/** "601 (Floor 6)", over its building where several are listed. */
function Apt({ site, apartment: a, placed }: { site: string; apartment: Apartment; placed: boolean }) {
  return (
    <span className={css.apt}>
      <Link to="/sites/$site/buildings/apartments/$apartment" params={{ site, apartment: a.id }} className={tableCSS.main}>
        {aptWords(a)}
      </Link>
      {placed && <span className="soft">{a.building}</span>}
    </span>
  );
}

/** Whether the account is active, and until when. */
function Standing({ apartment: { service }, zone }: { apartment: Apartment; zone?: string }) {
  return (
    <span className={css.standing}>
      <State {...activeState(service.active)} />
      {service.expires && <span className="soft">{t("homes.until", { time: date(new Date(service.expires), zone) })}</span>}
    </span>
  );
}

/** The family master over e-mail and mobile number. */
function Resident({ apartment }: { apartment: Apartment }) {
  const master = apartment.people[0];
  if (!master) return "–";
  return (
    <span className={css.reach}>
      <span>{master.name}</span>
      {master.email && <span className="soft">{master.email}</span>}
      {master.phone && <span className="soft">{master.phone}</span>}
    </span>
  );
}

/** What is done to an apartment from its row (SITE-29): reset it, or see all of it. */
function Acts({ site, apartment: a }: { site: string; apartment: Apartment }) {
  const may = useMay("homes.reset");
  const [resetting, setResetting] = useState(false);
  const reset = `${t("resets.act")}: ${a.number}`;
  const info = t("homes.info", { number: a.number });
  return (
    <span className={css.acts}>
      {may && (
        <ActionIcon variant="subtle" color="gray" aria-label={reset} title={reset} onClick={() => setResetting(true)}>
          <IconRefresh size={18} />
        </ActionIcon>
      )}
      <ActionIcon component={Link} to={`/sites/${site}/buildings/apartments/${a.id}`} variant="subtle" color="gray" aria-label={info} title={info}>
        <IconInfoCircle size={18} />
      </ActionIcon>
      <ResetDialog site={site} apartment={a.id} opened={resetting} onClose={() => setResetting(false)} />
    </span>
  );
}

function Card({ site, apartment: a, placed, zone }: { site: string; apartment: Apartment; placed: boolean; zone?: string }) {
  return (
    <RowCard
      head={
        <>
          <Apt site={site} apartment={a} placed={placed} />
          <Standing apartment={a} zone={zone} />
        </>
      }
    >
      {a.name && <span className="soft">{a.name}</span>}
      {a.people.length > 0 ? <Resident apartment={a} /> : <span className="soft">{t("apartments.no_residents")}</span>}
      <span>
        <ResetHome site={site} apartment={a.id} small />
      </span>
    </RowCard>
  );
}
