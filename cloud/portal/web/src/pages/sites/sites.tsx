import { Button, Menu } from "@mantine/core";
import { IconBuildings, IconChevronDown, IconPlus } from "@tabler/icons-react";
import { Link, Navigate, useSearch } from "@tanstack/react-router";
import { useSiteCounts, useSiteOptions } from "../../api/sites";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { hasTwoWorks, useEyes, useMay } from "../../shell/eyes";
import { HomeShell } from "../../shell/shell";
import { inWork, useWork } from "../../shell/work";
import { t, tn } from "../../text/t";
import { siteKinds, type SiteKind } from "../../words/sitekind";
import { SingleUsers } from "./single";
import { SiteList } from "./sitelist";
import css from "./sites.module.css";

/** The sites, a tab for each kind that there is or that may be made (SITE-01, SITE-02). */
export default function Sites() {
  const search = useSearch({ strict: false }) as { kind?: string; new?: string };
  const mayMake = useMay("sites.write");
  const eyes = useEyes();
  const work = useWork();
  const options = useSiteOptions(mayMake);
  const counts = useSiteCounts(siteKinds);
  const asked = siteKinds.find((k) => k === search.new);
  if (asked) return <Navigate to="/sites/new/$kind" params={{ kind: asked }} replace />; // as links of old have it
  // The work decides which kinds are shown; who has no such switch sees all of theirs.
  const mine = siteKinds.filter((k) => !hasTwoWorks(eyes) || inWork(work, k));
  const makes = mine.filter((k) => options.data?.kinds.includes(k));
  const there = mine.filter((k) => (counts?.[k] ?? 0) > 0);
  const tabs = mine.filter((k) => there.includes(k) || makes.includes(k));
  const at = tabs.find((k) => k === search.kind) ?? there[0] ?? tabs[0];
  const known = counts !== undefined && (!mayMake || !options.isPending);
  return (
    <HomeShell>
      <Page title={t("sites.title")} acts={known && there.length > 0 && <NewButton kinds={makes} at={at} />}>
        {!known && (
          <Panel>
            <SkeletonRows />
          </Panel>
        )}
        {known && options.isError && <Failed error={options.error} again={() => void options.refetch()} />}
        {known && there.length === 0 && !options.isError && <First kinds={makes} />}
        {known && there.length > 0 && at && (
          <>
            {tabs.length > 1 && <Tabs kinds={tabs} at={at} counts={counts} />}
            <Panel title={tn(`sites.count_${at}`, counts[at])} flush>
              {at === "single" ? <SingleUsers homes={counts.single} /> : <SiteList key={at} kind={at} empty={<None kind={at} makes={makes} />} />}
            </Panel>
          </>
        )}
      </Page>
    </HomeShell>
  );
}

function Tabs({ kinds, at, counts }: { kinds: SiteKind[]; at: SiteKind; counts: Record<SiteKind, number> }) {
  return (
    <nav className={css.tabs} aria-label={t("sites.kinds")} style={{ marginBottom: 16 }}>
      {kinds.map((k) => (
        <Link key={k} to="/sites" search={{ kind: k } as never} className={css.tab} aria-current={k === at ? "page" : undefined}>
          {t(`sitekind.many_${k}`)}
          <span className={css.n}>{t("count.plain", { n: counts[k] })}</span>
        </Link>
      ))}
    </nav>
  );
}

/** Makes a site: of the kind in sight at once, of another by the menu beside. */
function NewButton({ kinds, at }: { kinds: SiteKind[]; at?: SiteKind }) {
  const first = kinds.find((k) => k === at) ?? kinds[0];
  if (!first) return null;
  return (
    <Button.Group>
      <Button component={Link} to={`/sites/new/${first}`} leftSection={<IconPlus size={18} aria-hidden />}>
        {t("sites.new")}
      </Button>
      {kinds.length > 1 && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button px={8} aria-label={t("sites.kinds")} style={{ borderInlineStart: "1px solid var(--v-on-filled)" }}>
              <IconChevronDown size={16} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {kinds.map((k) => (
              <Menu.Item key={k} component={Link} to={`/sites/new/${k}`}>
                {t(`sitekind.${k}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </Button.Group>
  );
}

/** Nobody has made a site yet: what it is for, and the first act of each kind. */
function First({ kinds }: { kinds: SiteKind[] }) {
  const may = kinds.length > 0;
  return (
    <Panel>
      <Empty
        icon={<IconBuildings size={22} aria-hidden />}
        title={may ? t("sites.empty") : t("sites.title")}
        body={may ? t("sites.empty_body") : t("sites.none_yet")}
        act={may && <FirstActs kinds={kinds} />}
      />
    </Panel>
  );
}

function FirstActs({ kinds }: { kinds: SiteKind[] }) {
  return (
    <ul className={css.first}>
      {kinds.map((k) => (
        <li key={k}>
          <Link to="/sites/new/$kind" params={{ kind: k }} className={css.firstKind}>
            <strong>{t(`sites.new_of_${k}`)}</strong>
            <span>{t(`sitekind.help_${k}`)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function None({ kind, makes }: { kind: SiteKind; makes: SiteKind[] }) {
  return (
    <Empty
      icon={<IconBuildings size={22} aria-hidden />}
      title={tn(`sites.count_${kind}`, 0)}
      body={t(`sitekind.help_${kind}`)}
      act={
        makes.includes(kind) && (
          <Button component={Link} to={`/sites/new/${kind}`} leftSection={<IconPlus size={18} aria-hidden />}>
            {t(`sites.new_of_${kind}`)}
          </Button>
        )
      }
    />
  );
}
