import { Button } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useAgents } from "../../api/agents";
import { useLogCheck } from "../../api/events";
import { asProblem } from "../../api/problem";
import type { LogFinding } from "../../api/types";
import { Notice } from "../../parts/page";
import { exact } from "../../parts/time";
import { t, tn, word } from "../../text/t";
import css from "./log.module.css";

type Check = ReturnType<typeof useLogCheck>;

/** Starts a check of the whole log. */
export function CheckButton({ check }: { check: Check }) {
  return (
    <Button variant="default" leftSection={<IconShieldCheck size={18} aria-hidden />} loading={check.isPending} onClick={() => check.mutate()}>
      {t("logcheck.act")}
    </Button>
  );
}

/** What the check found: the first bad row of each chain, and whose homes were erased by whom. */
export function CheckResult({ check, site, zone }: { check: Check; site: string; zone?: string }) {
  const agents = useAgents(site);
  if (check.isError) {
    return (
      <div className={css.check}>
        <Notice tone="bad">{asProblem(check.error).message}</Notice>
      </div>
    );
  }
  if (!check.data) return null;
  const chains = check.data.chains ?? [];
  const rows = chains.reduce((sum, c) => sum + c.rows, 0);
  const bad = chains.filter((c) => c.bad);
  const name = (c: LogFinding) => agents.data?.find((a) => a.id === c.agent_id)?.name ?? c.agent_id;
  return (
    <div className={css.check}>
      {bad.map((c) => (
        <Notice key={c.agent_id + c.epoch + c.stream} tone="bad">
          {badWords(c, name(c))}
        </Notice>
      ))}
      {bad.length === 0 && (
        <Notice tone="ok">
          {rows === 0 ? t("logcheck.empty") : tn("logcheck.whole", rows)} {chains.some((c) => c.signed > 0) && t("logcheck.signed")}
        </Notice>
      )}
      {chains.flatMap((c) =>
        (c.erasures ?? []).map((e) => (
          <p key={c.epoch + c.stream + e.apartment_id + e.at} className={css.help}>
            {tn("logcheck.erased", e.rows, { home: e.apartment, by: e.by, at: exact(new Date(e.at), zone) })}
          </p>
        )),
      )}
    </div>
  );
}

function badWords(c: LogFinding, agent: string): string {
  const values = { agent, stream: word("log", `stream_${c.stream}`), seq: c.seq ?? 0, until: c.until ?? 0 };
  switch (c.bad) {
    case "missing":
      return t("logcheck.missing", values);
    case "forged":
      return t("logcheck.forged", values);
    case "tampered":
      return t("logcheck.tampered", values);
    default:
      return t(values.until > values.seq ? "logcheck.between" : "logcheck.altered", values);
  }
}
