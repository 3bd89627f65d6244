import { ActionIcon } from "@mantine/core";
import { IconBuildings, IconMoon, IconSearch, IconSun } from "@tabler/icons-react";
import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { t } from "../text/t";
import { AccountMenu } from "./account";
import { Mark } from "./mark";
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
      <Link to="/sites" className={css.mark}>
        <Mark />
        {t("app.name")}
      </Link>
      <header className={css.top}>
        <Link to="/sites" className={css.markSmall} aria-label={t("nav.sites")}>
          <Mark size={28} />
        </Link>
        <button type="button" className={css.search} onClick={() => setSearching(true)}>
          <IconSearch size={16} aria-hidden />
          <span>{t("search.open")}</span>
          <kbd aria-hidden>{/Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K"}</kbd>
        </button>
        <div className={css.spring} />
        <ThemeSwitch />
        <AccountMenu />
      </header>
      <nav className={css.rail} aria-label={site ? t("nav.site") : t("nav.main")}>
        {rail}
      </nav>
      <div className={css.banner} aria-live="polite">
        {banner}
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

function ThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light", { getInitialValueInEffect: false }) === "dark";
  const next = dark ? "light" : "dark";
  return (
    <ActionIcon variant="subtle" color="gray" size={34} aria-label={`${t("theme.label")}: ${t(`theme.${next}`)}`} onClick={() => setColorScheme(next)}>
      {dark ? <IconSun size={18} /> : <IconMoon size={18} />}
    </ActionIcon>
  );
}

/** The frame outside a site. */
export function HomeShell({ children }: { children: ReactNode }) {
  const item = (className: string | undefined, size: number) => (
    <Link to="/sites" className={className} activeOptions={{ exact: true }}>
      <IconBuildings size={size} aria-hidden />
      {t("nav.sites")}
    </Link>
  );
  return (
    <Shell rail={item(css.item, 18)} bottom={item(css.tab, 20)}>
      {children}
    </Shell>
  );
}
