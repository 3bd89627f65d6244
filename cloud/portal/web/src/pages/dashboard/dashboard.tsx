import { Button } from "@mantine/core";
import { IconBuildings, IconCircleCheck, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMe } from "../../api/account";
import { useDashboard } from "../../api/dashboard";
import { useSiteOptions } from "../../api/sites";
import type { Dashboard as Numbers } from "../../api/types";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { useEyes } from "../../shell/eyes";
import { chooseWork, workFor } from "../../shell/work";
import { t, type Key } from "../../text/t";
import type { Tone } from "../../words/tone";
import { Dot } from "../../parts/state";
import { siteKinds } from "../../words/sitekind";
import { Hands } from "./hands";
import css from "./dashboard.module.css";

/** What there is, and what needs a hand (DASH-01, DASH-02). */
export default function Dashboard() {
  const numbers = useDashboard();
  return (
    <Page title={t("dashboard.title")}>
      <QuickLinks />
      {numbers.isPending && (
        <Panel>
          <SkeletonRows />
        </Panel>
      )}
      {numbers.isError && !numbers.data && (
        <Panel>
          <Failed error={numbers.error} again={() => numbers.refetch()} />
        </Panel>
      )}
      {numbers.data && <Content of={numbers.data} />}
    </Page>
  );
}

/** What can be made from here in one step; what one may not make is not there. */
function QuickLinks() {
  const eyes = useEyes();
  const makes = eyes.rights.includes("sites.write");
  const offered = useSiteOptions(makes).data?.kinds ?? [];
  const link = (key: string, to: string, search: Record<string, string>, word: string) => (
    <Button key={key} component={Link} to={to} search={search as never} variant="default" leftSection={<IconPlus size={16} aria-hidden />}>
      {word}
    </Button>
  );
  const links: ReactNode[] = [];
  if (makes) links.push(...siteKinds.filter((k) => offered.includes(k)).map((k) => link(k, `/sites/new/${k}`, {}, t(`dashboard.new_${k}`))));
  if (eyes.rights.includes("managers.write")) links.push(link("manager", "/managers", { new: "manager" }, t("dashboard.new_manager")));
  if (eyes.rights.includes("orgs.write")) links.push(link("org", "/orgs", { new: "org" }, t(eyes.role === "distributor" ? "dashboard.new_installer" : "dashboard.new_org")));
  if (links.length === 0) return null;
  return (
    <nav className={css.quick} aria-label={t("dashboard.quick")}>
      {links}
    </nav>
  );
}

/** What is said when nothing needs a hand: no more than what is so. */
function fine(of: Numbers, sees: boolean): Key {
  if (!sees) return "dashboard.installers_help";
  const { online, offline } = of.agents;
  return online + offline > 0 ? "dashboard.fine_body" : "dashboard.fine_none";
}

function Content({ of }: { of: Numbers }) {
  const sites = siteKinds.reduce((n, k) => n + of.sites[k], 0);
  const eyes = useEyes();
  const has = (right: string) => eyes.rights.includes(right);
  const accounts = has("managers.read") || of.accounts.residents > 0;
  return (
    <div className={css.grid}>
      <Panel title={of.hand.length > 0 ? t("dashboard.hand") : undefined} flush>
        {of.hand.length > 0 && <Hands hands={of.hand} total={of.hand_total} />}
        {of.hand.length === 0 && sites === 0 && has("sites.write") && (
          <Empty icon={<IconBuildings size={22} aria-hidden />} title={t("dashboard.begin")} body={t("dashboard.begin_body")} />
        )}
        {of.hand.length === 0 && (sites > 0 || !has("sites.write")) && (
          <Empty
            icon={<IconCircleCheck size={22} aria-hidden />}
            title={t("dashboard.fine")}
            body={t(fine(of, has("sites.read")))}
          />
        )}
      </Panel>
      <div className={css.side}>
        {has("orgs.read") && <Orgs of={of} operator={eyes.role === "operator"} />}
        {has("sites.read") && <Sites of={of} />}
        {has("devices.read") && sites > 0 && (
          <Count
            title={t("dashboard.devices")}
            rows={[
              { word: t("dashboard.online"), n: of.devices.online, tone: "ok" },
              { word: t("dashboard.offline"), n: of.devices.offline, tone: of.devices.offline > 0 ? "bad" : "off" },
              { word: t("dashboard.manual"), n: of.devices.manual, tone: "off" },
            ]}
          />
        )}
        {has("sites.read") && sites > 0 && (
          <Count
            title={t("dashboard.agents")}
            rows={[
              { word: t("dashboard.online"), n: of.agents.online, tone: "ok" },
              { word: t("dashboard.offline"), n: of.agents.offline, tone: of.agents.offline > 0 ? "bad" : "off" },
            ]}
          />
        )}
        {accounts && <Accounts of={of} />}
      </div>
    </div>
  );
}

function Sites({ of }: { of: Numbers }) {
  const account = useMe().data?.id ?? "";
  const rows = siteKinds.map((k) => ({
    n: of.sites[k],
    word: (
      <Link to="/sites" search={{ kind: k } as never} onClick={() => chooseWork(account, workFor(k))}>
        {t(`sitekind.many_${k}`)}
      </Link>
    ),
  }));
  return <Count title={t("dashboard.sites")} rows={rows} />;
}

const orgs: string = "/orgs";

function Orgs({ of, operator }: { of: Numbers; operator: boolean }) {
  const rows: Row[] = [{ word: <Link to={orgs}>{t("dashboard.installers")}</Link>, n: of.orgs.installers }];
  if (operator) rows.unshift({ word: <Link to={orgs}>{t("dashboard.distributors")}</Link>, n: of.orgs.distributors });
  rows.push({ word: t("dashboard.waiting"), n: of.orgs.waiting, tone: of.orgs.waiting > 0 ? "warn" : "off" });
  return (
    <Count title={t("dashboard.orgs")} rows={rows}>
      <p className={css.help}>{t("dashboard.installers_help")}</p>
    </Count>
  );
}

function Accounts({ of }: { of: Numbers }) {
  return (
    <Count
      title={t("dashboard.accounts")}
      rows={[
        { word: t("dashboard.managers"), n: of.accounts.managers },
        { word: t("dashboard.residents"), n: of.accounts.residents },
        { word: t("dashboard.activated"), n: of.accounts.activated, tone: "ok" },
        { word: t("dashboard.waiting"), n: of.accounts.waiting, tone: of.accounts.waiting > 0 ? "warn" : "off" },
      ]}
    />
  );
}

interface Row { word: ReactNode; n: number; tone?: Tone }

function Count({ title, rows, children }: { title: string; rows: Row[]; children?: ReactNode }) {
  return (
    <Panel title={title} flush>
      <dl className={css.numbers}>
        {rows.map((r, i) => (
          <div key={i} className={css.number}>
            {r.tone && <Dot tone={r.tone} />}
            <dt>{r.word}</dt>
            <dd>{t("count.plain", { n: r.n })}</dd>
          </div>
        ))}
      </dl>
      {children}
    </Panel>
  );
}
