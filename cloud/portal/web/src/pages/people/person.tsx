import { Button } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { usePerson } from "../../api/people";
import { asProblem } from "../../api/problem";
import { useSite } from "../../api/sites";
import type { Person } from "../../api/types";
import { Facts, Failed, Notice, Page, Panel, SkeletonRows } from "../../parts/page";
import { WalkLine } from "../../parts/walk";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { nameOf, ownName } from "../../words/names";
import { allFloors } from "../../words/personform";
import { Missing } from "../missing";
import { AccountOfPerson } from "./account";
import { Home } from "./columns";
import { KeysPanel } from "./doorkeys";
import { EditPerson } from "./editperson";
import { FamilyPanel } from "./family";
import css from "./people.module.css";
import { callTypeWords } from "./personfields";
import { ResetHome } from "./reset";
import { Active, nothing, Standing, Until } from "./states";

/** A person on one page: how it stands, its numbers, its account, its family. */
export default function PersonPage() {
  const { site, person: id } = useParams({ from: "/inside/sites/$site/people/$person" });
  const person = usePerson(site, id);
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const may = useMay("people.write");
  const p = person.data;
  if (person.isError && !p) return asProblem(person.error).status === 404 ? <Missing /> : <Failed error={person.error} again={() => void person.refetch()} />;
  if (!p) return <SkeletonRows />;
  return (
    <Page
      title={nameOf(p)}
      crumbs={
        <Link to="/sites/$site/people" params={{ site }}>
          {t("people.title")}
        </Link>
      }
      under={<Under person={p} />}
      acts={
        <>
          {p.kind === "master" && p.apartment_id && <ResetHome site={site} apartment={p.apartment_id} />}
          {may && (
            <Button variant="default" leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setEditing(true)}>
              {t("act.edit")}
            </Button>
          )}
        </>
      }
    >
      <WalkLine site={site} of={p.apartment_id ? { apartment: p.apartment_id } : {}} fresh />
      <PersonPanels site={site} person={p} />
      <EditPerson
        site={site}
        person={p}
        opened={editing}
        onClose={() => setEditing(false)}
        onGone={() => void navigate({ to: "/sites/$site/people", params: { site } })}
      />
    </Page>
  );
}

function Under({ person }: { person: Person }) {
  return (
    <>
      <span>{t(`person.kind_${person.kind}`)}</span>
      {person.staff_id && <span className="mono">{person.staff_id}</span>}
      {(person.status.department || person.status.company) && <span>{person.status.department || person.status.company}</span>}
    </>
  );
}

/** The panels of a person's page; those of a single-family home stand on its list of people too. */
export function PersonPanels({ site, person }: { site: string; person: Person }) {
  const whole = person.status.locks?.find((l) => l.path === "")?.reason;
  return (
    <div className={css.two}>
      {(whole || person.payment) && (
        <div className={css.wide}>
          {whole && <Notice tone="warn">{whole}</Notice>}
          {person.payment && <Notice tone="warn">{t("person.unpaid_is")}</Notice>}
        </div>
      )}
      <Panel title={t("person.facts")}>
        <Facts rows={statusRows(site, person)} />
      </Panel>
      <Panel title={t("person.contact")}>
        <Facts rows={useContactRows(site, person)} />
      </Panel>
      {person.kind === "master" && person.apartment_id && (
        <div className={css.wide}>
          <FamilyPanel site={site} master={person} />
        </div>
      )}
      <div className={css.wide}>
        <KeysPanel site={site} person={person} />
      </div>
      <div className={css.wide}>
        <AccountOfPerson site={site} person={person} />
      </div>
    </div>
  );
}

type Rows = [name: string, value: React.ReactNode][];

/** How a person stands, and its SIP numbers; passwords are shown nowhere. */
function statusRows(site: string, p: Person): Rows {
  const { status, form } = p;
  const lives = p.kind === "master" || p.kind === "member";
  const office = p.kind === "basic" || p.kind === "advanced";
  return [
    ...(lives ? ([[t("person.home"), <HomeLine key="h" site={site} person={p} />], [t("person.active"), <Active key="a" person={p} />]] as Rows) : []),
    [t("person.app_status"), form.no_app ? t("person.app_none") : <Standing key="s" of={status.app} />],
    ...(form.no_intercom && !form.no_app ? ([[t("person.app"), t("person.app_plain")]] as Rows) : []),
    ...(status.home ? ([[t("person.uid"), <span key="u" className="mono">{status.home.sip_user || nothing}</span>]] as Rows) : []),
    [t("person.sip"), <span key="n" className="mono">{p.sip_user || nothing}</span>],
    ...(office ? ([[t("person.call_type"), callTypeWords(form.call_type ?? 0)], [t("person.path"), (form.call_path ?? "ip").toUpperCase()]] as Rows) : []),
    ...(office ? [] : ([[t("person.landline_status"), <Standing key="l" of={status.landline} />]] as Rows)),
    ...(lives ? ([[t("person.landline_until"), <Until key="lu" at={status.landline_expires_at} none={nothing} />], [t("person.expires"), <Until key="e" at={status.expires_at} none={nothing} />]] as Rows) : []),
    [t("person.created"), <When key="c" at={status.created_at} />],
  ];
}

function HomeLine({ site, person }: { site: string; person: Person }) {
  const home = person.status.home;
  if (useSite(site).data?.kind === "single") return <>{home?.name || nothing}</>;
  return (
    <>
      <Home site={site} person={person} /> <span className="soft">{[home?.building, home?.name].filter(Boolean).join(" · ")}</span>
    </>
  );
}

function useContactRows(site: string, p: Person): Rows {
  const { form } = p;
  const single = useSite(site).data?.kind === "single";
  const floors = form.floors ?? [];
  return [
    [t("people.email"), p.email || nothing],
    [t("person.language"), ownName(form.language || "en")],
    [t("person.mobile"), p.phone || nothing],
    [t("person.landlines"), (form.landlines ?? []).join(", ") || nothing],
    ...(single ? ([[t("person.address"), form.address || nothing]] as Rows) : ([[t("person.floors"), floors.includes(allFloors) ? t("person.floors_all") : floors.join(", ") || nothing]] as Rows)),
    ...(form.remark ? ([[t("person.remark"), form.remark]] as Rows) : []),
  ];
}
