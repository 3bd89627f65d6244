import { Button } from "@mantine/core";
import { IconListDetails } from "@tabler/icons-react";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useLogCheck } from "../../api/events";
import { useSite } from "../../api/sites";
import { LiveState } from "../../live/state";
import { Empty, Page, Panel } from "../../parts/page";
import { t } from "../../text/t";
import { logFilters, type LogFilter } from "../../words/events";
import { CheckButton, CheckResult } from "./check";
import css from "./log.module.css";
import { LogRows } from "./rows";

const filters = Object.keys(logFilters) as LogFilter[];

/** One stream for doors, calls, refusals and devices. */
export default function Log() {
  const { site } = useParams({ from: "/inside/sites/$site/log" });
  const { show } = useSearch({ from: "/inside/sites/$site/log" });
  const head = useSite(site);
  const filter: LogFilter = filters.find((f) => f === show) ?? "all";
  const check = useLogCheck(site);
  const zone = head.data?.time_zone;
  return (
    <Page
      title={t("log.title")}
      acts={<CheckButton check={check} />}
      under={
        <>
          <LiveState />
          {zone && <span>{t("log.zone", { zone })}</span>}
        </>
      }
    >
      <CheckResult check={check} site={site} zone={zone} />
      <Panel flush>
        <nav className={css.filters} aria-label={t("log.filters")}>
          {filters.map((f) => (
            <Button
              key={f}
              component={Link}
              to={`/sites/${site}/log${f === "all" ? "" : `?show=${f}`}`}
              replace
              size="compact-md"
              radius="xl"
              variant={f === filter ? "filled" : "default"}
              aria-current={f === filter ? "true" : undefined}
            >
              {t(`log.${f}`)}
            </Button>
          ))}
        </nav>
        <LogRows
          site={site}
          zone={zone}
          query={{ kinds: logFilters[filter] }}
          empty={t("log.empty_filter")}
          first={
            filter === "all" ? <Empty icon={<IconListDetails size={22} aria-hidden />} title={t("log.empty")} body={t("log.empty_body")} /> : undefined
          }
        />
      </Panel>
    </Page>
  );
}
