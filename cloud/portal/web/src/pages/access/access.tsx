import { Button, Radio, SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";
import { useAccess, useEndAccess, useGiveAccess, type OwnAccess } from "../../api/access";
import { asProblem } from "../../api/problem";
import { Empty, Failed, Notice, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { useNow, When } from "../../parts/when";
import { currentLocale, t } from "../../text/t";
import { minutesLeft, until } from "../../words/leave";
import css from "./access.module.css";

/** Permission Granted: who may be in one's organisation, who is, and who was. */
export default function Access() {
  const access = useAccess();
  return (
    <Page title={t("access.title")}>
      <div className={css.page}>
        {access.isPending && (
          <Panel flush>
            <SkeletonRows />
          </Panel>
        )}
        {access.isError && !access.data && (
          <Panel>
            <Failed error={access.error} again={() => access.refetch()} />
          </Panel>
        )}
        {access.data && <Content access={access.data} />}
      </div>
    </Page>
  );
}

function Content({ access }: { access: OwnAccess }) {
  return (
    <>
      <Panel title={t("access.now")}>
        <p className={css.lead}>{t(access.offered ? "access.lead" : "access.not_offered")}</p>
        {access.grant && <Running access={access} />}
        {!access.grant && access.offered && <Give />}
      </Panel>
      <Panel title={t("access.inside")} flush>
        {access.inside.length === 0 && <Empty small body={t("access.nobody")} />}
        <ul className={css.list}>
          {access.inside.map((g) => (
            <li key={g.account}>
              <span>
                {g.name} <span className="soft">{g.org}</span>
              </span>
              <span className="soft">
                {t("access.since")} <When at={g.since} />
              </span>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title={t("access.past")} flush>
        {access.past.length === 0 && <Empty small body={t("access.no_past")} />}
        <ul className={css.list}>
          {access.past.map((g) => (
            <li key={g.id}>
              <span>
                {g.to.name} · {t(g.writes ? "access.writes" : "access.reads")}
                {g.kind === "break_glass" && ` · ${t("access.emergency")}: ${g.reason}`}
              </span>
              <span className="soft">
                <When at={g.created_at} /> · {t(g.ended_at ? "access.ended_early" : "access.ran_out")}
              </span>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}

function Running({ access }: { access: OwnAccess }) {
  const end = useEndAccess();
  const now = useNow();
  const g = access.grant!;
  const ends = new Date(g.expires_at);
  return (
    <div className={css.running}>
      <div className={css.what}>
        <State tone="ok" word={t(g.kind === "break_glass" ? "access.on_emergency" : "access.on")} />
        <div>
          {t("access.running", { org: g.to.name, until: until(ends, now, currentLocale()), n: minutesLeft(ends, now) })} ·{" "}
          {t(g.writes ? "access.writes" : "access.reads")}
        </div>
        {g.reason && (
          <div>
            {t("access.reason")}: {g.reason}
          </div>
        )}
        {end.isError && <Notice tone="bad">{asProblem(end.error).message}</Notice>}
      </div>
      <Button color="red" loading={end.isPending} onClick={() => end.mutate()}>
        {t("access.end")}
      </Button>
    </div>
  );
}

const hours = ["1", "8", "24", "72"];

function Give() {
  const give = useGiveAccess();
  const [long, setLong] = useState("1");
  const [writes, setWrites] = useState("read");
  return (
    <div className={css.form}>
      <State tone="off" word={t("access.off")} />
      <div>
        <div id="access-hours">{t("access.how_long")}</div>
        <SegmentedControl
          aria-labelledby="access-hours"
          value={long}
          onChange={setLong}
          data={hours.map((h) => ({ value: h, label: t("access.hours", { n: h }) }))}
        />
      </div>
      <Radio.Group label={t("access.what")} value={writes} onChange={setWrites}>
        <Stack gap={8} mt={6}>
          <Radio value="read" label={t("access.reads")} description={t("access.reads_help")} />
          <Radio value="write" label={t("access.writes")} description={t("access.writes_help")} />
        </Stack>
      </Radio.Group>
      {give.isError && <Notice tone="bad">{asProblem(give.error).message}</Notice>}
      <div>
        <Button loading={give.isPending} onClick={() => give.mutate({ hours: Number(long), writes: writes === "write" })}>
          {t("access.give")}
        </Button>
      </div>
    </div>
  );
}
