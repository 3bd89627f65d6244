import type { HandedOut } from "../../api/orgs";
import { State } from "../../parts/state";
import { currentLocale, t } from "../../text/t";
import type { Tone } from "../../words/tone";
import css from "./orgs.module.css";

/** Whether one may enter now, and until when. */
export function accessWords(o: HandedOut): { tone: Tone; word: string } {
  if (!o.access?.granted) return { tone: "off", word: t("orgs.access_none") };
  const end = new Date(o.access.expires_at);
  // Leave runs up to three days: the hour alone would promise too little or too much.
  const day = end.toDateString() === new Date().toDateString() ? {} : { weekday: "short" as const };
  const at = end.toLocaleString(currentLocale(), { ...day, hour: "2-digit", minute: "2-digit" });
  return { tone: "ok", word: t("orgs.access_open", { at }) };
}

/** The owner's account and whether it was activated. */
export function Activated({ of }: { of: HandedOut }) {
  return (
    <div className={css.owner}>
      <span>{of.account.email || of.account.username}</span>
      <State tone={of.account.activated ? "ok" : "warn"} word={of.account.activated ? t("orgs.active") : t("orgs.waiting")} />
    </div>
  );
}
