import { IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { createContext, lazy, Suspense, useContext, useEffect, useState, type ReactNode } from "react";
import { t } from "../text/t";
import { AccountMenu } from "./account";
import Banner from "./banner";
import Bell from "./bell";
import { useEyes } from "./eyes";
import { Mark } from "./mark";
import { navFor, type HomeItem } from "./nav";
import { More } from "./more";
import { Unverified } from "./unverified";
import { useWork } from "./work";
import css from "./shell.module.css";

const Search = lazy(() => import("./search"));

interface ShellProps {
  /** Content of the left rail. */
  rail: ReactNode;
  /** Content of the bottom bar on a phone. */
  bottom: ReactNode;
  banner?: ReactNode;
  site?: string;
  children: ReactNode;
}

/** The frame of every page one sees signed in. */
export function Shell({ rail, bottom, banner, site, children }: ShellProps) {
  const [searching, setSearching] = useState(false);
  const start = useStart();
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
        e.preventDefault();
        setSearching(true);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#main">
        {t("app.skip")}
      </a>
      <Link to={start} className={css.mark}>
        <Mark />
        {t("app.name")}
      </Link>
      <header className={css.top}>
        <Link to={start} className={css.markSmall} aria-label={t("app.name")}>
          <Mark size={28} />
        </Link>
        <button type="button" className={css.search} onClick={() => setSearching(true)}>
          <IconSearch size={16} aria-hidden />
          <span>{t("search.open")}</span>
          <kbd aria-hidden>{/Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K"}</kbd>
        </button>
        <div className={css.spring} />
        <Bell />
        <AccountMenu />
      </header>
      <nav className={css.rail} aria-label={site ? t("nav.site") : t("nav.main")}>
        {rail}
      </nav>
      <div className={css.banner}>
        <Banner />
        <Unverified />
        <div aria-live="polite">{banner}</div>
      </div>
      <main className={css.main} id="main" tabIndex={-1}>
        {children}
      </main>
      <nav className={css.bottom} aria-label={site ? t("nav.site") : t("nav.main")}>
        {bottom}
      </nav>
      {searching && (
        <Suspense>
          <Search site={site} onClose={() => setSearching(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** The first page of the rail: where the mark leads. */
function useStart(): string {
  return navFor(useEyes(), useWork())[0]?.to ?? "/";
}

const Framed = createContext(false);

/** The frame outside a site: pages by what one may do. Inside another frame it draws none. */
export function HomeShell({ children }: { children: ReactNode }) {
  if (useContext(Framed)) return children;
  return (
    <Framed value={true}>
      <Home>{children}</Home>
    </Framed>
  );
}

function Home({ children }: { children: ReactNode }) {
  const items = navFor(useEyes(), useWork()).filter((n) => n.group !== "account");
  return (
    <Shell rail={<HomeRail items={items} />} bottom={<HomeBottom items={items} />}>
      {children}
    </Shell>
  );
}

const groups = ["organisation", "service"] as const;

function HomeRail({ items }: { items: HomeItem[] }) {
  return (
    <>
      {items.filter((n) => n.group === "main").map((n) => <RailLink key={n.to} item={n} />)}
      {groups.map((g) => {
        const of = items.filter((n) => n.group === g);
        if (of.length === 0) return null;
        return (
          <div key={g} className={css.railGroup} role="group" aria-label={t(`nav.group_${g}`)}>
            <div className={css.railHead} aria-hidden>
              {t(`nav.group_${g}`)}
            </div>
            {of.map((n) => <RailLink key={n.to} item={n} />)}
          </div>
        );
      })}
      <a className={css.railFoot} href="/policy">
        {t("nav.policy")}
      </a>
    </>
  );
}

function RailLink({ item }: { item: HomeItem }) {
  return (
    <Link to={item.to} className={css.item} activeOptions={{ exact: item.exact ?? false }}>
      <item.icon size={18} aria-hidden />
      {t(item.label)}
    </Link>
  );
}

/** The four pages used most, and the rest behind "More". */
function HomeBottom({ items }: { items: HomeItem[] }) {
  const most = items.length > 5 ? 4 : 5;
  return (
    <>
      {items.slice(0, most).map((n) => (
        <Link key={n.to} to={n.to} className={css.tab} activeOptions={{ exact: n.exact ?? false }}>
          <n.icon size={20} aria-hidden />
          {t(n.short ?? n.label)}
        </Link>
      ))}
      <More items={items.slice(most)} />
    </>
  );
}
