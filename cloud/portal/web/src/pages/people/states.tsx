import type { Person } from "../../api/types";
import { State } from "../../parts/state";
import { date, exact } from "../../parts/time";
import { t, word } from "../../text/t";
import type { Tone } from "../../words/tone";
import css from "./people.module.css";

/** What stands where nothing is (PEOPLE-08). */
export const nothing = "--";

const tones: Record<string, Tone> = { normal: "ok", registered: "ok", inactivated: "warn", expired: "bad" };

/** A standing of a person, its landline service or its app (PEOPLE-05, PEOPLE-34). */
export function Standing({ of }: { of: string }) {
  return <State tone={tones[of] ?? "off"} word={word("status", of)} />;
}

/** Whether the account is usable; what is to be paid for says so (PEOPLE-11). */
export function Active({ person }: { person: Person }) {
  if (person.payment) return <State tone="warn" word={t("person.pay")} title={person.payment.reason} />;
  return <Standing of={person.status.active} />;
}

/** The day on which something ends; what never ends says so. */
export function Until({ at, none = t("person.never") }: { at?: string; none?: string }) {
  return at ? <Day at={at} /> : <span className="soft">{none}</span>;
}

/** A day, the exact time on hover. */
export function Day({ at }: { at: string }) {
  const when = new Date(at);
  return (
    <time dateTime={at} title={exact(when)} style={{ whiteSpace: "nowrap" }}>
      {date(when)}
    </time>
  );
}

/** A value with a quieter one under it. */
export function Lines({ of, email }: { of: React.ReactNode[]; email?: boolean }) {
  return (
    <span className={email ? `${css.lines} ${css.email}` : css.lines}>
      {of.map((line, i) => (
        <span key={i} className={i > 0 ? "soft" : undefined}>
          {line || nothing}
        </span>
      ))}
    </span>
  );
}
