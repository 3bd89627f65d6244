import { Button, Checkbox, Group, Progress, SegmentedControl } from "@mantine/core";
import { IconArrowBackUp, IconCheck } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { runs, useAct, useEditRows, useImport, useSheetForm, type Import, type RowState } from "../../api/imports";
import { keys } from "../../api/keys";
import { asProblem } from "../../api/problem";
import { Confirm } from "../../parts/confirm";
import { Failed, Notice, Page, Panel, Panels, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { When } from "../../parts/when";
import { language } from "../../text/language";
import { t, tn, word } from "../../text/t";
import { long, phaseTone, type Typed } from "../../words/imports";
import { Grid } from "./grid";
import css from "./imports.module.css";

/** One import: its plan to read and correct, then apply; afterwards what became of it, and the way back. */
export default function Plan() {
  const { site, import: id } = useParams({ strict: false }) as { site: string; import: string };
  const plan = useImport(site, id);
  useFresh(site, plan.data);
  return (
    <Page
      title={plan.data ? plan.data.name || t("imports.bulk_name") : t("imports.title")}
      crumbs={<Link to="/sites/$site/imports" params={{ site } as never}>{t("imports.title")}</Link>}
      under={
        plan.data && (
          <>
            <State tone={phaseTone(plan.data.phase)} word={word("imports", `phase_${plan.data.phase}`)} />
            <span>{plan.data.by}</span>
            <When at={plan.data.made_at} />
          </>
        )
      }
    >
      {plan.isError ? <Failed error={plan.error} again={() => void plan.refetch()} /> : plan.data ? <Loaded site={site} plan={plan.data} /> : <SkeletonRows />}
    </Page>
  );
}

/** The rest of the site is read again once an import has changed it. */
function useFresh(site: string, plan: Import | undefined) {
  const client = useQueryClient();
  const before = useRef<string>(undefined);
  useEffect(() => {
    const was = before.current;
    before.current = plan?.phase;
    if ((was === "applying" || was === "undoing") && plan && !runs(plan)) void client.invalidateQueries({ queryKey: keys.site(site) });
  }, [plan, client, site]);
}

function Loaded({ site, plan }: { site: string; plan: Import }) {
  const form = useSheetForm(site, language() === "de" ? "de" : "en");
  const [only, setOnly] = useState<RowState | undefined>();
  const [edits, setEdits] = useState<Typed>({});
  const edit = useEditRows(site);
  const save = () =>
    edit.mutate({ plan, rows: Object.entries(edits).map(([n, cells]) => ({ n: Number(n), cells })) }, { onSuccess: () => setEdits({}) });
  const pending = Object.keys(edits).length;
  const open = plan.phase === "ready";
  const total = only ? countOf(plan, only) : plan.counts.rows;
  return (
    <Panels>
      <Head site={site} plan={plan} />
      {plan.notes.map((n) => (
        <Notice key={n} tone="warn">{n}</Notice>
      ))}
      {open && plan.counts.error > 0 && (
        <Notice tone="bad">
          <div className={css.spread}>
            <span>{tn("imports.errors", plan.counts.error)}</span>
            <Button size="compact-sm" variant="default" loading={edit.isPending} onClick={() => edit.mutate({ plan, errors: true })}>
              {t("imports.leave_errors")}
            </Button>
          </div>
        </Notice>
      )}
      {edit.error && <Notice tone="bad">{asProblem(edit.error).message}</Notice>}
      <Panel flush>
        <div className={css.bar}>
          <Filter plan={plan} only={only} onChange={setOnly} />
          {pending > 0 && (
            <Group gap="xs">
              <Button size="sm" variant="default" onClick={() => setEdits({})}>{t("imports.discard")}</Button>
              <Button size="sm" loading={edit.isPending} onClick={save}>{tn("imports.save", pending)}</Button>
            </Group>
          )}
        </div>
        {form.data && (
          <Grid site={site} plan={plan} form={form.data} only={only} total={total} edits={edits} onEdits={setEdits} editable={open}
            onLeave={(n, out) => edit.mutate({ plan, rows: [{ n, left_out: out }] })}
          />
        )}
      </Panel>
    </Panels>
  );
}

function countOf(plan: Import, state: RowState): number {
  return plan.counts[state];
}

const states = ["error", "add", "change", "same", "left_out"] as const;

function Filter({ plan, only, onChange }: { plan: Import; only?: RowState; onChange: (s: RowState | undefined) => void }) {
  const data = [
    { value: "", label: `${t("imports.all")} ${plan.counts.rows.toLocaleString()}` },
    ...states.filter((s) => countOf(plan, s) > 0 || s === only).map((s) => ({ value: s, label: `${t(`imports.row_${s}`)} ${countOf(plan, s).toLocaleString()}` })),
  ];
  return (
    <div className={css.filter}>
      <SegmentedControl size="xs" aria-label={t("imports.filter")} data={data} value={only ?? ""} onChange={(v) => onChange((v || undefined) as RowState | undefined)} />
    </div>
  );
}

/** What the plan does, how far its work is, and the next act. */
function Head({ site, plan }: { site: string; plan: Import }) {
  const act = useAct(site);
  const [asking, setAsking] = useState(false);
  const [wish, setWish] = useState<boolean>(); // until it is touched: when it takes long
  const mail = wish ?? long(plan);
  const changes = plan.counts.add + plan.counts.change;
  const facts = [
    plan.counts.homes > 0 && tn("imports.homes", plan.counts.homes), plan.counts.devices > 0 && tn("imports.devices", plan.counts.devices),
    plan.counts.warning > 0 && tn("imports.warnings", plan.counts.warning),
  ].filter(Boolean);
  const again = (
    <Button variant="default" loading={act.isPending} onClick={() => act.mutate({ plan, act: "plan" })}>{t("imports.again")}</Button>
  );
  const cancel = (
    <Button variant="subtle" color="red" onClick={() => act.mutate({ plan, act: "cancel" })}>{t("imports.cancel")}</Button>
  );
  return (
    <Panel>
      <div className={css.headline} role="status">
        {runs(plan) ? (
          <div className={css.progress}>
            <span>
              {word("imports", `phase_${plan.phase}`)} · {t("imports.progress", { done: plan.done, rows: plan.counts.rows })}
            </span>
            <Progress value={plan.phase === "undoing" ? 100 : (100 * plan.done) / Math.max(1, plan.counts.rows)} animated={plan.phase === "undoing"} aria-label={word("imports", `phase_${plan.phase}`)} />
          </div>
        ) : (
          <div className={css.result}>
            {plan.message && <Notice tone="warn">{plan.message}</Notice>}
            {plan.phase === "applied" && <Notice tone="ok">{t("imports.applied")}</Notice>}
            {plan.phase === "undone" && <Notice tone="ok">{t("imports.undone")}</Notice>}
            {plan.phase === "cancelled" && <span>{t("imports.cancelled")}</span>}
            {plan.phase === "ready" && plan.counts.error === 0 && changes === 0 && <Notice tone="ok">{t("imports.nothing")}</Notice>}
            {plan.blocked.length > 0 && <Blocked of={plan.blocked} />}
            {facts.length > 0 && <span className="soft">{facts.join(" · ")}</span>}
          </div>
        )}
        <div className={css.headacts}>
          {((plan.phase === "ready" && changes > 0 && plan.counts.error === 0) || plan.phase === "applied") && (
            <Checkbox size="sm" label={t(plan.phase === "applied" ? "imports.mail_undo" : "imports.mail")} checked={mail} onChange={(e) => setWish(e.currentTarget.checked)} />
          )}
          {(plan.phase === "ready" || plan.phase === "planning" || plan.phase === "applying") && cancel}
          {plan.phase === "ready" && changes > 0 && (
            <Button leftSection={<IconCheck size={18} aria-hidden />} disabled={plan.counts.error > 0} loading={act.isPending} onClick={() => act.mutate({ plan, act: "apply", mail })}>
              {tn("imports.apply", changes)}
            </Button>
          )}
          {plan.phase === "applied" && (
            <Button variant="default" leftSection={<IconArrowBackUp size={18} aria-hidden />} onClick={() => setAsking(true)}>{t("imports.undo")}</Button>
          )}
          {(plan.phase === "undone" || plan.phase === "cancelled" || plan.phase === "failed") && again}
        </div>
      </div>
      {act.error && <Notice tone="bad">{asProblem(act.error).message}</Notice>}
      <Confirm opened={asking} title={t("imports.undo")} body={t("imports.undo_ask")} act={t("imports.undo")} onClose={() => setAsking(false)} onConfirm={() => act.mutateAsync({ plan, act: "undo", mail })} />
    </Panel>
  );
}

function Blocked({ of }: { of: string[] }) {
  return (
    <Notice tone="bad">
      {t("imports.blocked")}
      <ul className={css.blocked}>
        {of.map((b) => (
          <li key={b}>{b}</li>
        ))}
      </ul>
    </Notice>
  );
}
