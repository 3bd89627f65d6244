import type { HandedOut } from "../../api/orgs";
import { State } from "../../parts/state";
import { t } from "../../text/t";
import type { Tone } from "../../words/tone";

/** Whether one may enter now, and until when. */
export function accessWords(o: HandedOut): { tone: Tone; word: string } {
  if (!o.access?.granted) return { tone: "off", word: t("orgs.access_none") };
  const at = new Date(o.access.expires_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return { tone: "ok", word: t("orgs.access_open", { at }) };
}

/** The owner's account and whether it was activated. */
export function Activated({ of }: { of: HandedOut }) {
  return (
    <div>
      {of.account.email || of.account.username}{" "}
      <State tone={of.account.activated ? "ok" : "warn"} word={of.account.activated ? t("orgs.active") : t("orgs.waiting")} />
    </div>
  );
}
