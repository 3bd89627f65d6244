import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMail, IconMailOpened } from "@tabler/icons-react";
import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useMails, useMailState, useTryMail, type Mail } from "../../api/mails";
import { useSending } from "../../parts/form";
import { List } from "../../parts/list";
import { Empty, Notice, Page, Panel, Panels } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t, tn } from "../../text/t";
import { beginning, countStates, mailKind, mailLanguage, mailState, mailStates, mailWhy, type MailState } from "../../words/mail";
import css from "./mails.module.css";
import { Refused } from "./refused";

/** Outgoing mail: how it leaves, what left, and what refused. */
export default function Mails() {
  const state = useMailState();
  const letters = (
    <Button component={Link} to="/mails/preview" variant="default" leftSection={<IconMailOpened size={18} aria-hidden />}>
      {t("mails.preview")}
    </Button>
  );
  return (
    <Page title={t("mails.title")} under={<span>{t("mails.lead")}</span>} acts={letters}>
      <Panels>
        {state.data?.transport === "none" && <Notice tone="warn">{t("mails.none")}</Notice>}
        {state.data && state.data.failed > 0 && (
          <Notice tone="bad">
            {tn("mails.failed", state.data.failed)} <Link to="/mails" search={{ state: "failed" } as never} style={{ color: "inherit" }}>{t("mails.show_failed")}</Link>
          </Notice>
        )}
        <Way />
        <Outbox />
        <Refused />
      </Panels>
    </Page>
  );
}

/** How mail leaves, and a test of it. */
function Way() {
  const state = useMailState().data;
  const attempt = useTryMail();
  const [sent, setSent] = useState("");
  const form = useForm({ mode: "controlled", initialValues: { address: "" } });
  const sending = useSending(form, async ({ address }) => {
    setSent("");
    await attempt.mutateAsync(address.trim());
    setSent(address.trim());
  });
  return (
    <Panel title={t("mails.way")}>
      {state && state.transport !== "none" && (
        <p className={css.way}>
          {t("mails.leaves", { place: state.address })} {state.from && t("mails.from", { from: state.from })}
        </p>
      )}
      <form className={css.row} onSubmit={sending.submit} noValidate>
        <TextInput type="email" label={t("mails.address")} autoComplete="email" {...form.getInputProps("address")} />
        <Button type="submit" loading={sending.busy}>
          {t("mails.try")}
        </Button>
      </form>
      {(sending.rest || sent) && (
        <div className={css.after}>{sending.rest ? <Notice tone="bad">{sending.rest}</Notice> : <Notice tone="ok">{t("mails.tried", { address: sent })}</Notice>}</div>
      )}
    </Panel>
  );
}

const columns = (): Column<Mail>[] => [
  { key: "to", title: t("mails.to"), cell: (m) => <span className={css.to}>{m.to}</span>, by: (m) => m.to },
  { key: "kind", title: t("mails.letter"), cell: (m) => mailKind(m.kind), by: (m) => mailKind(m.kind) },
  { key: "language", title: t("mails.language"), cell: (m) => mailLanguage(m.language), by: (m) => mailLanguage(m.language) },
  { key: "state", title: t("mails.state"), cell: (m) => <Standing of={m} />, by: (m) => mailState(m.state).word },
  { key: "tries", title: t("mails.tries"), cell: (m) => m.tries, by: (m) => m.tries },
  { key: "when", title: t("mails.when"), cell: (m) => <When at={m.created_at} />, by: (m) => m.created_at },
];

/** Every mail with what became of it, newest first. */
function Outbox() {
  const mails = useMails();
  const asked = useAskedState();
  const shown = mails.data?.filter((m) => !asked || m.state === asked);
  const none = mails.data?.length === 0;
  return (
    <Panel flush>
      {mails.data && !none && <Chips mails={mails.data} asked={asked} />}
      <List
        name="mails"
        of={{ ...mails, data: shown }}
        columns={columns()}
        id={(m) => m.id}
        label={t("mails.title")}
        words={(m) => `${m.to} ${mailKind(m.kind)} ${mailWhy(m)}`}
        find={t("mails.find")}
        sortedBy="when"
        downwards
        empty={
          none ? (
            <Empty icon={<IconMail size={22} aria-hidden />} title={t("mails.empty")} body={t("mails.empty_body")} />
          ) : (
            <Empty small body={t("mails.empty_state")} />
          )
        }
        card={(m) => (
          <RowCard head={<strong>{m.to}</strong>}>
            <Standing of={m} />
            <span className="soft">
              {mailKind(m.kind)} · {mailLanguage(m.language)} · <When at={m.created_at} />
            </span>
          </RowCard>
        )}
      />
    </Panel>
  );
}

/** The state whose mails are shown, from the address; all without it. */
function useAskedState(): MailState | undefined {
  const asked = (useSearch({ strict: false }) as Record<string, unknown>)["state"];
  return mailStates.find((s) => s === asked);
}

function Chips({ mails, asked }: { mails: Mail[]; asked: MailState | undefined }) {
  const chips = [{ state: undefined, n: mails.length }, ...countStates(mails, asked)];
  return (
    <nav className={css.chips} aria-label={t("mails.filters")}>
      {chips.map(({ state, n }) => (
        <Button
          key={state ?? "all"}
          component={Link}
          to="/mails"
          search={((old: object) => ({ ...old, state })) as never}
          replace
          size="compact-md"
          radius="xl"
          variant={state === asked ? "filled" : "default"}
          aria-current={state === asked ? "true" : undefined}
        >
          {state ? mailState(state).word : t("mails.all")} <span className={css.count}>{n}</span>
        </Button>
      ))}
    </nav>
  );
}

/** What became of a mail, and under it why it did not arrive; a long answer of a mail server unfolds. */
function Standing({ of }: { of: Mail }) {
  const why = mailWhy(of);
  const start = beginning(why);
  return (
    <div className={css.standing}>
      <State {...mailState(of.state)} />
      {why && start === why && <span className={css.why}>{why}</span>}
      {start !== why && (
        <details className={css.why}>
          <summary>{start}</summary>
          {why}
        </details>
      )}
    </div>
  );
}
