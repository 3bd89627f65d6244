import type { logcheck as words } from "../en/logcheck";

/** Die Prüfung des Protokolls eines Objekts. */
export const logcheck: Record<keyof typeof words, string> = {
  "logcheck.act": "Protokoll prüfen",
  "logcheck.whole_one": "Eine Zeile angesehen. Sie steht da, wie sie geschrieben wurde.",
  "logcheck.whole_other": "{n} Zeilen angesehen. Jede steht da, wie sie geschrieben wurde.",
  "logcheck.empty": "Im Protokoll steht noch nichts.",
  "logcheck.signed": "Die Unterschrift des Gebäudes bürgt für alles bis auf das Letzte.",
  "logcheck.erased_one": "Wohnung {home}: eine Zeile gelöscht von {by} am {at}.",
  "logcheck.erased_other": "Wohnung {home}: {n} Zeilen gelöscht von {by} am {at}.",
  "logcheck.missing": "{agent}, {stream}: Zeile {seq} fehlt.",
  "logcheck.altered": "{agent}, {stream}: Zeile {seq} ist nicht, wie sie geschrieben wurde.",
  "logcheck.between": "{agent}, {stream}: Eine Zeile von {seq} bis {until} ist nicht, wie sie geschrieben wurde.",
  "logcheck.forged": "{agent}, {stream}: Die Unterschrift bei Zeile {seq} ist nicht die des Gebäudes.",
  "logcheck.tampered": "{agent}, {stream}: Zeile {seq} wurde verändert, bevor sie ankam.",
};
