import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Apartment } from "../../api/types";
import { Copy } from "../../parts/copy";
import { Facts, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import { activeState, appState, callTypeWords, handsetsWords, setsWords } from "../../words/homes";
import css from "./buildings.module.css";

/** What was set of an apartment, and the number that was issued for its family (PEOPLE-13). */
export function ApartmentFacts({ site, apartment: a }: { site: string; apartment: Apartment }) {
  const sequence = a.contact === "sequence";
  const handsets = a.handsets.map((h) => ({ name: h.name ?? "", number: h.number ?? "" }));
  const rows: [string, ReactNode][] = [
    [
      t("apartments.building"),
      <Link to="/sites/$site/buildings/$building" params={{ site, building: a.building_id }} className={css.inline}>
        {a.building}
      </Link>,
    ],
    [t("apartments.number"), a.number],
    [t("homes.contact"), t(`homes.contact_${a.contact}`)],
    sequence ? [t("homes.sets"), setsWords(a.sets.map((set) => set ?? []))] : [t("homes.call_type"), callTypeWords(a.call_type)],
    [t("apartments.path"), t(`apartments.path_${a.call_path}`)],
    [t("homes.web_relay"), a.web_relay || t("homes.no_handsets")],
    [t("homes.handsets"), handsetsWords(handsets) || t("homes.no_handsets")],
    [t("homes.uid"), a.sip_user && <SIPNumber number={a.sip_user} />],
  ];
  return (
    <Panel title={t("homes.facts")}>
      <Facts rows={rows} />
    </Panel>
  );
}

function SIPNumber({ number }: { number: string }) {
  return (
    <span className={css.number}>
      <span className="mono">{number}</span>
      <Copy value={number} label={t("homes.uid")} />
    </span>
  );
}

/** How the account of the home stands: what is paid for, and until when (PEOPLE-34). */
export function AccountFacts({ apartment: { service, created }, zone }: { apartment: Apartment; zone?: string }) {
  const rows: [string, ReactNode][] = [
    [t("homes.active"), <State {...activeState(service.active)} />],
    [t("homes.app"), <State {...appState(service.app_status)} />],
    [t("homes.activated"), service.activated && <When at={service.activated} zone={zone} />],
    [t("homes.expires"), service.expires ? <When at={service.expires} zone={zone} /> : service.activated ? t("homes.no_end") : undefined],
    [t("homes.landline_expires"), service.landline_expires ? <When at={service.landline_expires} zone={zone} /> : t("homes.off")],
    [t("homes.created"), created && <When at={created} zone={zone} />],
  ];
  return (
    <Panel title={t("homes.account")}>
      <Facts rows={rows.map(([name, value]) => [name, value ?? "–"])} />
    </Panel>
  );
}
