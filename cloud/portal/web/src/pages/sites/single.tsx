import { Button } from "@mantine/core";
import { IconHome, IconSmartHome } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useSingleUsers, userlessHomes, type SingleUser } from "../../api/sites";
import { ServedList } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { date } from "../../parts/time";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t, word } from "../../text/t";
import type { Tone } from "../../words/tone";
import { ResetHome } from "../people/reset";
import css from "./sites.module.css";

const nothing = "--";
const tones: Record<string, Tone> = { normal: "ok", inactivated: "warn", expired: "bad", off: "off" };

const status = (of: string) => <State tone={tones[of] ?? "off"} word={word("status", of)} />;

/** The users of single-family homes (PEOPLE-08); `homes` is how many there are. */
export function SingleUsers({ homes }: { homes: number }) {
  const url = useListURL({ name: "single", sort: { key: "name", down: false }, sorts: ["name", "created"] });
  const users = useSingleUsers(url);
  const may = useMay("people.write");
  const acts = (u: SingleUser) => (
    <>
      {may && <Edit user={u} />}
      <ResetHome site={u.site_id} apartment={u.person.apartment_id} small />
    </>
  );
  const all = users.data?.total;
  return (
    <>
      <ServedList
        of={users} url={url} columns={columns(acts)} id={(u) => u.person.id} label={t("sites.single_people")} find={t("sites.single_find")} linked
        none={t("sites.single_none")} empty={<Empty small body={t("sites.single_without_body")} />} card={(u) => <Card user={u} acts={<span className={css.acts}>{acts(u)}</span>} />}
      />
      {all !== undefined && !url.narrowed && all < homes && <Without />}
    </>
  );
}

function columns(acts: (u: SingleUser) => ReactNode): Column<SingleUser>[] {
  return [
    { key: "name", title: t("sites.single_name"), cell: (u) => <Lines of={[<Name key="n" user={u} />, u.person.status.home?.name, ...(u.home_automation ? [<Automated key="a" />] : [])]} />, sorts: true },
    { key: "sip", title: t("sites.single_sip"), cell: (u) => <Lines of={[u.person.status.home?.sip_user, u.person.sip_user]} mono /> },
    { key: "contact", title: t("sites.single_contact"), cell: (u) => <Lines of={[u.person.email, u.person.phone]} /> },
    { key: "address", title: t("sites.single_address"), cell: (u) => u.address || nothing },
    { key: "members", title: t("sites.single_members"), cell: (u) => u.person.status.members },
    { key: "active", title: t("sites.single_active"), cell: (u) => status(u.person.status.active) },
    { key: "landline", title: t("sites.single_landline"), cell: (u) => <Landline user={u} /> },
    { key: "created", title: t("sites.single_created"), cell: (u) => <When at={u.person.status.created_at} />, sorts: true },
    { key: "acts", title: "", cell: (u) => <span className={css.stacked}>{acts(u)}</span> },
  ];
}

function Lines({ of, mono }: { of: ReactNode[]; mono?: boolean }) {
  return (
    <span className={`${css.users} ${mono ? "mono" : ""}`}>
      {of.map((line, i) => (
        <span key={i} className={i > 0 ? "soft" : undefined}>
          {line || nothing}
        </span>
      ))}
    </span>
  );
}

function Name({ user }: { user: SingleUser }) {
  return (
    <Link to="/sites/$site" params={{ site: user.site_id }} className={tableCSS.main}>
      {user.name}
    </Link>
  );
}

/** The mark of a home with home automation (PEOPLE-06). */
function Automated() {
  return (
    <span className={css.smart}>
      <IconSmartHome size={16} aria-hidden />
      {t("siteform.home_automation")}
    </span>
  );
}

/** Whether calls to telephones are on and paid, and until when (PEOPLE-05). */
function Landline({ user: { person } }: { user: SingleUser }) {
  const until = person.status.landline_expires_at;
  return (
    <span className={css.users}>
      {status(person.status.landline)}
      <span className="soft">{until ? t("sites.single_until_at", { time: date(new Date(until)) }) : nothing}</span>
    </span>
  );
}

/** The user is edited among the people of the home, its services in its settings. */
function Edit({ user }: { user: SingleUser }) {
  return (
    <Button component={Link} to={`/sites/${user.site_id}/people/${user.person.id}`} variant="subtle" size="compact-sm" aria-label={`${t("sites.edit_act")}: ${user.name}`}>
      {t("sites.edit_act")}
    </Button>
  );
}

function Card({ user, acts }: { user: SingleUser; acts: ReactNode }) {
  const { person } = user;
  const lines = [person.status.home?.name, person.email, person.phone, user.address].filter(Boolean);
  return (
    <RowCard
      head={
        <>
          <Name user={user} />
          {status(person.status.active)}
        </>
      }
    >
      {lines.length > 0 && <span>{lines.join(" · ")}</span>}
      {user.home_automation && <Automated />}
      <span className="soft mono">
        {person.status.home?.sip_user || nothing} / {person.sip_user || nothing}
      </span>
      <span className="soft">
        {t("sites.single_members")}: {person.status.members} · {t("sites.single_landline")}: {word("status", person.status.landline)}
      </span>
      {acts}
    </RowCard>
  );
}

/** Homes that no user stands for: they would be out of reach here otherwise. */
function Without() {
  const homes = useQuery(userlessHomes).data ?? [];
  if (homes.length === 0) return null;
  return (
    <div className={css.userless}>
      <strong>
        <IconHome size={16} aria-hidden /> {t("sites.single_without")}
      </strong>
      <div className="soft">{t("sites.single_without_body")}</div>
      <ul className={css.without}>
        {homes.map((s) => (
          <li key={s.id}>
            <Link to="/sites/$site" params={{ site: s.id }} className={tableCSS.main}>
              {s.name}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
