import { Anchor, Button } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { draftOfApartment, useAbilities, useApartment } from "../../api/apartments";
import { useDevicesWhere } from "../../api/homes";
import { asProblem } from "../../api/problem";
import { useSite } from "../../api/sites";
import type { Apartment } from "../../api/types";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { Walk } from "../../parts/walk";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { activeState, appState, asksFor, marksOf } from "../../words/homes";
import { CamerasPanel } from "../cameras/panel";
import { LogRows } from "../log/rows";
import { Missing } from "../missing";
import { RegistrationPanel } from "../people/registration";
import { ResetHome } from "../people/reset";
import { AccountFacts, ApartmentFacts } from "./apartmentfacts";
import { DevicesPanel } from "./devicespanel";
import { EditApartment } from "./editapartment";
import { Marks } from "./marks";
import { Order } from "./order";
import { Residents } from "./residents";
import css from "./buildings.module.css";

/** An apartment on one page: who lives there, what hangs there, who rings, how the account stands, what happened. */
export default function ApartmentPage() {
  const { site, apartment: id } = useParams({ from: "/inside/sites/$site/buildings/apartments/$apartment" });
  const apartment = useApartment(site, id);
  if (apartment.data) return <Shown site={site} apartment={apartment.data} key={id} />;
  if (!apartment.isError) return <SkeletonRows />;
  return asProblem(apartment.error).status === 404 ? <Missing /> : <Failed error={apartment.error} again={() => void apartment.refetch()} />;
}

function Shown({ site, apartment }: { site: string; apartment: Apartment }) {
  const may = useMay("sites.write");
  const [editing, setEditing] = useState(false);
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
            {apartment.building}
          </Link>
        </>
      }
      under={
        <>
          {apartment.name && <span>{apartment.name}</span>}
          <span>{apartment.floor ? t("floor.name", { name: apartment.floor }) : t("floor.none")}</span>
          <State {...activeState(apartment.service.active)} />
          <span>
            {t("homes.app")}: {appState(apartment.service.app_status).word}
          </span>
        </>
      }
      acts={
        <>
          <ResetHome site={site} apartment={apartment.id} />
          {may && (
            <Button variant="default" leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setEditing(true)}>
              {t("act.edit")}
            </Button>
          )}
        </>
      }
    >
      <Content site={site} apartment={apartment} />
      <EditApartment site={site} building={apartment.building_id} apartment={apartment} opened={editing} onClose={() => setEditing(false)} />
    </Page>
  );
}

function Content({ site, apartment }: { site: string; apartment: Apartment }) {
  const zone = useSite(site).data?.time_zone;
  const people = useMay("people.read");
  const log = useMay("events.read");
  const devices = useMay("devices.read");
  return (
    <div className={css.grid}>
      <KeptMarks site={site} apartment={apartment} />
      <Residents site={site} apartment={apartment} />
      {devices && <Devices site={site} apartment={apartment} />}
      {people && (
        <div className={css.wide}>
          <Order site={site} apartment={apartment} />
        </div>
      )}
      {devices && (
        <div className={css.wide}>
          <Walk site={site} of={{ apartment: apartment.id }} />
        </div>
      )}
      <ApartmentFacts site={site} apartment={apartment} />
      <AccountFacts apartment={apartment} zone={zone} />
      {devices && (
        <div className={css.wide}>
          <CamerasPanel site={site} apartment={apartment.id} />
        </div>
      )}
      <div className={css.wide}>
        <RegistrationPanel site={site} apartment={apartment} />
      </div>
      {log && (
        <div className={css.wide}>
          <Panel
            title={t("apartments.history")}
            flush
              acts={
                <Anchor component={Link} to={`/sites/${site}/calls?apartment=${apartment.id}`} size="sm">
                  {t("calls.all")}
                </Anchor>
              }
          >
            <LogRows site={site} zone={zone} query={{ apartment: apartment.id, limit: 10 }} most={10} empty={t("apartments.no_history")} />
          </Panel>
        </div>
      )}
    </div>
  );
}

/** What was saved and devices cannot do, said as long as it is so (DEV-25). */
function KeptMarks({ site, apartment }: { site: string; apartment: Apartment }) {
  const abilities = useAbilities(site, { apartment: apartment.id });
  const marks = asksFor(draftOfApartment(apartment)).flatMap((a) => marksOf(abilities.data, a.feature)).filter((c) => c.state !== "unknown");
  if (marks.length === 0) return null;
  return (
    <section className={`${css.wide} ${css.kept}`} aria-label={t("homes.marks")}>
      <Marks of={marks} />
    </section>
  );
}

function Devices({ site, apartment }: { site: string; apartment: Apartment }) {
  const devices = useDevicesWhere(site, { apartment: apartment.id, sort: "name" });
  return (
    <DevicesPanel
      site={site}
      title={t("apartments.devices")}
      devices={devices.data}
      at={`building=${apartment.building_id}&apartment=${apartment.id}`}
      empty={t("apartments.no_devices")}
    />
  );
}
