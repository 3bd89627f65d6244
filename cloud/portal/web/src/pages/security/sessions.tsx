import { Button } from "@mantine/core";
import { useState } from "react";
import { useEndSession, useSessions, type Session } from "../../api/security";
import { Confirm } from "../../parts/confirm";
import { Failed, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { Table, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import { clientOf } from "../../words/client";
import css from "./security.module.css";

/** What a session's client is called. */
function device(s: Session): string {
  const { program, system } = clientOf(s.agent);
  if (program && system) return t("sessions.on", { program, system });
  return program || system || (s.bearer ? t("sessions.program") : t("sessions.unknown"));
}

/** Where the account is signed in. */
export function SessionsPanel() {
  const sessions = useSessions();
  const end = useEndSession();
  const [ending, setEnding] = useState<Session | "others">();
  const one = ending === "others" ? undefined : ending;
  const others = (sessions.data ?? []).some((s) => !s.current);
  const all = others && (
    <Button variant="default" size="compact-md" onClick={() => setEnding("others")}>
      {t("sessions.end_all")}
    </Button>
  );
  return (
    <Panel title={t("sessions.title")} acts={all} flush>
      {sessions.isPending && <SkeletonRows n={3} />}
      {sessions.isError && <Failed error={sessions.error} again={() => void sessions.refetch()} />}
      {sessions.data && <Places sessions={sessions.data} onEnd={setEnding} />}
      <Confirm
        opened={Boolean(ending)}
        title={one ? t("sessions.end_title") : t("sessions.end_all")}
        body={one ? t("sessions.end_body", { device: device(one), address: one.address }) : t("sessions.end_all_body")}
        act={one ? t("sessions.end") : t("sessions.end_all")}
        onClose={() => setEnding(undefined)}
        onConfirm={() => end.mutateAsync(one?.id)}
      />
    </Panel>
  );
}

function Places({ sessions, onEnd }: { sessions: Session[]; onEnd: (s: Session) => void }) {
  const name = (s: Session) => (
    <span className={css.device}>
      <span title={s.agent}>{device(s)}</span>
      {s.current && <State tone="ok" word={t("sessions.here")} pill />}
    </span>
  );
  const act = (s: Session) =>
    s.current ? null : (
      <Button variant="default" size="compact-sm" onClick={() => onEnd(s)} aria-label={`${t("sessions.end")}: ${device(s)}, ${s.address}`}>
        {t("sessions.end")}
      </Button>
    );
  const columns: Column<Session>[] = [
    { key: "device", title: t("sessions.device"), cell: name, by: device },
    { key: "address", title: t("sessions.address"), cell: (s) => <span className="mono">{s.address}</span>, by: (s) => s.address },
    { key: "since", title: t("sessions.since"), cell: (s) => <When at={s.created_at} />, by: (s) => s.created_at },
    { key: "seen", title: t("sessions.seen"), cell: (s) => <When at={s.seen_at} />, by: (s) => s.seen_at },
    { key: "act", title: "", cell: act },
  ];
  return (
    <Table
      rows={sessions}
      columns={columns}
      id={(s) => s.id}
      label={t("sessions.title")}
      name="sessions"
      sortedBy="seen"
      downwards
      perPage={10}
      card={(s) => (
        <div style={{ display: "grid", gap: 6 }}>
          {name(s)}
          <span className="soft">
            {s.address} · {t("sessions.seen")} <When at={s.seen_at} />
          </span>
          <div>{act(s)}</div>
        </div>
      )}
    />
  );
}
