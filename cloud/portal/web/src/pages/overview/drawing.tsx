import { Button } from "@mantine/core";
import { IconBuildingCommunity, IconHome2, IconUsersGroup } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useDrawnBuildings, useDrawnDevices, useDrawnParties } from "../../api/overview";
import type { Device, Site } from "../../api/types";
import { Empty, Failed, Panel, SkeletonRows } from "../../parts/page";
import { t, tn } from "../../text/t";
import { byName } from "../../words/floors";
import { Door, Ground, House, Legend, Party } from "./house";
import css from "./house.module.css";

/** The site as a drawing with presence dots; what stands in it depends on its kind. */
export function Drawing({ site }: { site: Site }) {
  if (site.kind === "office") return <Parties site={site} noun="departments" />;
  if (site.kind === "commercial") return <Parties site={site} noun="companies" />;
  return <Buildings site={site} />;
}

/** How many buildings are drawn before somebody asks for more: each is read by itself. */
const drawn = 6;

/** Houses with floors and doors: those of a community, or the one of a family. */
function Buildings({ site: { id: site, kind, counts } }: { site: Site }) {
  const buildings = useDrawnBuildings(site, true);
  const street = useDrawnDevices(site, { place: "site" });
  const [shown, show] = useState(drawn);
  const single = kind === "single";
  const title = t(single ? "overview.house" : "overview.buildings");
  const failed = [buildings, street].find((q) => q.isError && !q.data);
  if (failed) {
    return (
      <Panel title={title}>
        <Failed error={failed.error} again={() => void failed.refetch()} />
      </Panel>
    );
  }
  const all = [...(buildings.data ?? [])].sort((a, b) => byName(a.name, b.name));
  return (
    <Panel title={title} flush>
      {!buildings.data && <SkeletonRows />}
      {buildings.data?.length === 0 && <NoBuilding site={site} single={single} />}
      {all.slice(0, shown).map((b) => (
        <div key={b.id} className={css.next}>
          <House site={site} building={b} named={!single} alone={single} />
        </div>
      ))}
      {all.length > shown && (
        <div className={css.rest}>
          <Button variant="default" size="compact-sm" onClick={() => show(shown + drawn)}>
            {tn("overview.more_buildings", all.length - shown)}
          </Button>
        </div>
      )}
      {street.data && street.data.length > 0 && <Street site={site} devices={street.data} title={t(single ? "overview.at_house" : "overview.site_doors")} />}
      {counts.apartments > 0 && <Legend />}
    </Panel>
  );
}

function NoBuilding({ site, single }: { site: string; single: boolean }) {
  return (
    <Empty
      icon={single ? <IconHome2 size={22} aria-hidden /> : <IconBuildingCommunity size={22} aria-hidden />}
      title={t(single ? "overview.no_user" : "buildings.empty")}
      body={t(single ? "overview.no_user_body" : "buildings.empty_body")}
      act={
        <Button component={Link} to={single ? `/sites/${site}/people` : `/sites/${site}/buildings`} variant="default">
          {t(single ? "overview.no_user_act" : "overview.no_building_act")}
        </Button>
      }
    />
  );
}

/** What stands outside all buildings. */
function Street({ site, devices, title }: { site: string; devices: Device[]; title: string }) {
  return (
    <div className={`${css.street} ${css.next}`}>
      <h3>{title}</h3>
      <ul>
        {devices.map((d) => (
          <li key={d.id}>
            <Door site={site} device={d} />
          </li>
        ))}
      </ul>
    </div>
  );
}

type Noun = "departments" | "companies";

/** An office by its departments, a commercial site by its companies, on the ground that all share. */
function Parties({ site: { id: site }, noun }: { site: Site; noun: Noun }) {
  const parties = useDrawnParties(site, noun, true);
  const devices = useDrawnDevices(site, {});
  const failed = [parties, devices].find((q) => q.isError && !q.data);
  if (failed) {
    return (
      <Panel title={t(`nav.${noun}`)}>
        <Failed error={failed.error} again={() => void failed.refetch()} />
      </Panel>
    );
  }
  if (!parties.data || !devices.data) {
    return (
      <Panel title={t(`nav.${noun}`)} flush>
        <SkeletonRows />
      </Panel>
    );
  }
  const of = (d: Device) => (noun === "departments" ? d.department_id : d.company_id);
  const shared = devices.data.filter((d) => !of(d));
  return (
    <Panel title={t(`nav.${noun}`)} flush>
      {parties.data.length === 0 && shared.length === 0 ? (
        <NoParty site={site} noun={noun} />
      ) : (
        <div className={css.house}>
          <ul className={css.storeys}>
            {parties.data.length === 0 && <li className={`${css.party} soft`}>{t(`${noun}.empty`)}</li>}
            {parties.data.map((p) => (
              <Party
                key={p.id}
                site={site}
                name={<Link to={noun === "departments" ? "/sites/$site/departments" : "/sites/$site/companies"} params={{ site }}>{p.name}</Link>}
                people={p.people}
                devices={devices.data.filter((d) => of(d) === p.id)}
              />
            ))}
          </ul>
          <Ground site={site} doors={shared} none={t("overview.no_shared_door")} />
        </div>
      )}
    </Panel>
  );
}

function NoParty({ site, noun }: { site: string; noun: Noun }) {
  return (
    <Empty
      icon={<IconUsersGroup size={22} aria-hidden />}
      title={t(`${noun}.empty`)}
      body={t(`${noun}.empty_body`)}
      act={
        <Button component={Link} to={`/sites/${site}/${noun}`} variant="default">
          {t(`${noun}.new`)}
        </Button>
      }
    />
  );
}
