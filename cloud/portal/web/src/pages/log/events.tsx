import { Button } from "@mantine/core";
import { IconCalendarTime, IconListDetails } from "@tabler/icons-react";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useLogCheck } from "../../api/events";
import { useSite } from "../../api/sites";
import { LiveState } from "../../live/state";
import { Empty, Page, Panel } from "../../parts/page";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { logFilters, type LogFilter } from "../../words/events";
import { RetentionDrawer } from "../settings/retention";
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
  const [keeping, setKeeping] = useState(false);
  const keeps = useMay("events.keep");
  return (
    <Page
      title={t("log.title")}
      acts={
        <>
          {keeps && (
            <Button variant="default" leftSection={<IconCalendarTime size={16} aria-hidden />} onClick={() => setKeeping(true)}>
              {t("retention.open")}
            </Button>
          )}
          <CheckButton check={check} />
        </>
      }
      under={
        <>
          <LiveState />
          {zone && <span>{t("log.zone", { zone })}</span>}
        </>
      }
    >
      <RetentionDrawer opened={keeping} onClose={() => setKeeping(false)} site={site} zone={zone} />
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
