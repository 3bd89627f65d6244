import type { retention as english } from "../en/retention";

/** Wie lange ein Objekt sein Protokoll aufhebt. */
export const retention: Record<keyof typeof english, string> = {
  "retention.title": "Wie lange das Protokoll aufgehoben wird",
  "retention.open": "Wie lange es aufgehoben wird",
  "retention.help": "Einträge gehen in ganzen Monaten, so viele Tage nach dem Ende ihres Monats. Was gegangen ist, kommt nicht wieder.",
  "retention.limit": "Der Betreiber dieses Dienstes hebt keinen Eintrag länger als {n} Tage auf.",
  "retention.all": "Einträge des Protokolls",
  "retention.as_service": "Wie der Dienst: {days}",
  "retention.as_others": "Wie die übrigen Einträge",
  "retention.own": "Arten mit eigener Dauer",
  "retention.own_none": "Keine: Alle Arten werden gleich lange aufgehoben.",
  "retention.kind": "Art",
  "retention.add": "Art hinzufügen",
  "retention.kept": "Einträge „{kind}“",
  "retention.drop": "Einträge „{kind}“ wie die übrigen aufheben",
  "retention.for_ever": "für immer",
  "retention.days": "{n} Tage",
  "retention.year": "1 Jahr ({n} Tage)",
  "retention.years": "{years} Jahre ({n} Tage)",
  "retention.gone": "Einträge, die vor dem {date} ankamen, sind gegangen.",
  "retention.shorter": "Manche Einträge werden kürzer aufgehoben als bisher: Ältere gehen binnen einer Stunde und kommen nicht wieder.",
  "retention.saved": "Die Dauer, wie lange das Protokoll aufgehoben wird, ist gespeichert.",
  "audit.noun.retention": "Dauer des Protokolls",
};
