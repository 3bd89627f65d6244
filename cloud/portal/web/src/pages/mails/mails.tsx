import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useAllowAddress, useMailKinds, useMails, useMailState, useSuppressions, useTryMail, type Mail } from "../../api/mails";
import { List } from "../../parts/list";
import { Empty, Failed, Notice, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import type { Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import css from "./mails.module.css";

/** Outgoing mail: how it leaves, what left, what refused, and every letter as people get it. */
export default function Mails() {
  const mails = useMails();
  const state = useMailState();
  const attempt = useTryMail();
  const [address, setAddress] = useState("");
  const columns: Column<Mail>[] = [
    { key: "to", title: t("mails.to"), cell: (m) => m.to, by: (m) => m.to },
    { key: "kind", title: t("mails.letter"), cell: (m) => m.kind, by: (m) => m.kind },
    { key: "language", title: t("mails.language"), cell: (m) => m.language },
    { key: "state", title: t("mails.state"), cell: (m) => <Standing of={m} />, by: (m) => m.state },
    { key: "tries", title: t("mails.tries"), cell: (m) => m.tries },
    { key: "when", title: t("mails.when"), cell: (m) => <When at={m.created_at} />, by: (m) => m.created_at },
  ];
  return (
    <Page title={t("mails.title")} under={<span>{t("mails.lead")}</span>}>
      {state.data?.transport === "none" && <Notice tone="warn">{t("mails.none")}</Notice>}
      {state.data && state.data.failed > 0 && <Notice tone="bad">{t("mails.failed", { n: state.data.failed })}</Notice>}
      <Panel>
        {state.data && state.data.transport !== "none" && <p className="soft">{t("mails.leaves", { place: state.data.address })}</p>}
        <form
          className={css.row}
          onSubmit={(e) => {
            e.preventDefault();
            attempt.mutate(address);
          }}
        >
          <TextInput type="email" required label={t("mails.address")} value={address} onChange={(e) => setAddress(e.currentTarget.value)} />
          <Button type="submit" loading={attempt.isPending}>
            {t("mails.try")}
          </Button>
        </form>
        {attempt.isError && <Failed error={attempt.error} />}
      </Panel>
      <Panel flush>
        <List
          name="mails"
          of={mails}
          columns={columns}
          id={(m) => m.id}
          label={t("mails.title")}
          words={(m) => `${m.to} ${m.kind} ${m.state}`}
          find={t("mails.find")}
          empty={<Empty body={t("mails.empty")} />}
          card={(m) => (
            <div>
              <b>{m.to}</b> <Standing of={m} />
              <div className="soft">
                {m.kind} · <When at={m.created_at} />
              </div>
            </div>
          )}
        />
      </Panel>
      <Refused />
      <Letters />
    </Page>
  );
}

function Standing({ of }: { of: Mail }) {
  const tone = of.state === "sent" ? "ok" : of.state === "queued" || of.state === "waiting" ? "warn" : "bad";
  return <State tone={tone} word={of.state} title={of.error} />;
}

function Refused() {
  const list = useSuppressions();
  const allow = useAllowAddress();
  if (!list.data || list.data.length === 0) return null;
  return (
    <Panel title={t("mails.stopped")}>
      {list.data.map((s) => (
        <div key={s.address} className={css.row}>
          <span>
            <b>{s.address}</b> <span className="soft">{s.reason}</span>
          </span>
          <Button variant="default" size="xs" onClick={() => allow.mutate(s.address)}>
            {t("mails.allow")}
          </Button>
        </div>
      ))}
    </Panel>
  );
}

function Letters() {
  const kinds = useMailKinds();
  const [kind, setKind] = useState("activation");
  const [language, setLanguage] = useState("en");
  if (!kinds.data) return null;
  return (
    <Panel title={t("mails.preview")}>
      <div className={css.row}>
        <NativeSelect label={t("mails.letter")} data={kinds.data.kinds} value={kind} onChange={(e) => setKind(e.currentTarget.value)} />
        <NativeSelect label={t("mails.language")} data={kinds.data.languages} value={language} onChange={(e) => setLanguage(e.currentTarget.value)} />
      </div>
      <iframe className={css.letter} sandbox="" title={t("mails.preview")} src={`/api/v1/mails/preview.html?kind=${kind}&language=${language}`} />
    </Panel>
  );
}
