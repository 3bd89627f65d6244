import { Button, Drawer } from "@mantine/core";
import { IconPhoneCall } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useAgents } from "../../api/agents";
import type { LogRow } from "../../api/types";
import { Copy } from "../../parts/copy";
import { Facts } from "../../parts/page";
import { State } from "../../parts/state";
import { exact } from "../../parts/time";
import { t, word } from "../../text/t";
import { eventWords } from "../../words/events";
import { sentence } from "../../words/results";
import { CallTimeline } from "./timeline";
import css from "./log.module.css";

interface EventProps {
  row: LogRow;
  site: string;
  zone?: string;
  onClose: () => void;
}

/** One row of the log: what happened, for a call its timeline, and the proof. */
export default function EventDrawer({ row, site, zone, onClose }: EventProps) {
  const words = eventWords(row);
  return (
    <Drawer
      opened
      onClose={onClose}
      size={row.kind === "call" ? 720 : 520}
      title={<State pill tone={words.tone} word={words.kind} />}
      closeButtonProps={{ "aria-label": t("act.close") }}
    >
      {row.kind === "call" ? <CallTimeline body={row.body} /> : <p className={css.lead}>{sentence(words.text)}</p>}
      {row.kind !== "call" && words.detail && <p className="soft">{words.detail}</p>}
      {row.kind === "call" && typeof row.body?.["call_id"] === "string" && (
        <Button component={Link} to={`/sites/${site}/calls/${row.body["call_id"]}`} variant="default" mt="md" leftSection={<IconPhoneCall size={18} aria-hidden />}>
          {t("call.open")}
        </Button>
      )}
      <div className={css.section}>
        <Facts
          rows={[
            [t("log.occurred"), exact(new Date(row.occurred_at), zone) + (row.clock_sure ? "" : ` · ${t("log.clock_unsure")}`)],
            [t("log.received"), exact(new Date(row.received_at), zone)],
            ...plainFacts(row),
          ]}
        />
      </div>
      <Proof row={row} site={site} />
    </Drawer>
  );
}

function Proof({ row, site }: { row: LogRow; site: string }) {
  const agents = useAgents(site);
  const agent = agents.data?.find((a) => a.id === row.agent_id)?.name ?? row.agent_id;
  return (
    <div className={css.section}>
      <h3>{t("log.proof")}</h3>
      <p className={css.help}>{t("log.proof_help")}</p>
      <Facts
        rows={[
          [t("log.agent"), agent],
          [t("log.stream"), word("log", `stream_${row.stream}`)],
          [t("log.seq"), String(row.seq)],
          [t("log.epoch"), <span className="mono">{row.epoch}</span>],
          [
            t("log.digest"),
            row.digest && (
              <span>
                <span className={`mono ${css.digest}`}>{row.digest}</span> <Copy value={row.digest} label={t("log.digest")} />
              </span>
            ),
          ],
        ]}
      />
    </div>
  );
}

/** The plain values that the building wrote; ids stay out, their names stand beside them. */
function plainFacts(row: LogRow): [string, string][] {
  return Object.entries(row.body ?? {})
    .filter(([name, v]) => (typeof v === "string" || typeof v === "number") && v !== "" && !name.endsWith("_id"))
    .map(([name, v]) => [word("fact", name), shown(name, v as string | number)]);
}

function shown(name: string, v: string | number): string {
  if (name === "result") return word("result", String(v));
  if (name === "reason") return word("reason", String(v));
  if (name === "end") return word("end", String(v));
  if (name.endsWith("_ms")) return t("time.ms", { n: v });
  return String(v);
}
