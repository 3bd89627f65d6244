import { IconChevronLeft, IconPlugConnectedX } from "@tabler/icons-react";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useSite } from "../api/sites";
import { asProblem } from "../api/problem";
import { LiveSite, useLive } from "../live/site";
import { LiveState } from "../live/state";
import { clock, exact } from "../parts/time";
import { t } from "../text/t";
import { Missing } from "../pages/missing";
import { useEyes } from "./eyes";
import { More } from "./more";
import { bottomNav, siteNavFor } from "./nav";
import { HomeShell, Shell } from "./shell";
import css from "./shell.module.css";

/** A site: its own rail, its live stream, and the page inside. */
export default function SiteShell() {
  const { site } = useParams({ strict: false }) as { site: string };
  const head = useSite(site);
  if (head.isError && asProblem(head.error).status === 404) {
    return (
      <HomeShell>
        <Missing />
      </HomeShell>
    );
  }
  return (
    <LiveSite site={site} key={site}>
      <SiteFrame site={site} name={head.data?.name ?? ""} zone={head.data?.time_zone} />
    </LiveSite>
  );
}

function SiteFrame({ site, name, zone }: { site: string; name: string; zone?: string }) {
  return (
    <Shell site={site} rail={<Rail site={site} name={name} />} bottom={<Bottom site={site} />} banner={<Lost zone={zone} />}>
      <Outlet />
    </Shell>
  );
}

function Rail({ site, name }: { site: string; name: string }) {
  const pages = siteNavFor(useEyes(), useSite(site).data?.kind);
  return (
    <>
      <div className={css.siteName}>
        <Link to="/sites" className={css.siteBack}>
          <IconChevronLeft size={14} aria-hidden />
          {t("nav.sites")}
        </Link>
        <div>{name || "\u00a0"}</div>
      </div>
      {pages.map((n) => (
        <Link key={n.to} to={n.to} params={{ site }} className={css.item} activeOptions={{ exact: n.exact ?? false }}>
          <n.icon size={18} aria-hidden />
          {t(n.label)}
        </Link>
      ))}
      <div className={css.live}>
        <LiveState />
      </div>
    </>
  );
}

function Bottom({ site }: { site: string }) {
  const pages = siteNavFor(useEyes(), useSite(site).data?.kind);
  const first = bottomNav(pages);
  const rest = pages.filter((n) => !first.includes(n));
  return (
    <>
      {first.map((n) => (
        <Link key={n.to} to={n.to} params={{ site }} className={css.tab} activeOptions={{ exact: n.exact ?? false }}>
          <n.icon size={20} aria-hidden />
          {t(n.short ?? n.label)}
        </Link>
      ))}
      <More items={rest} params={{ site }} />
    </>
  );
}

function Lost({ zone }: { zone?: string }) {
  const { lostSince } = useLive();
  if (!lostSince) return null;
  return (
    <div className={css.lost} title={exact(lostSince, zone)}>
      <IconPlugConnectedX size={18} aria-hidden />
      {t("live.lost", { time: clock(lostSince, zone) })}
    </div>
  );
}
