import type { mails as english } from "../en/mails";

// Ausgehende Post.
export const mails = {
  "mails.title": "Mail",
  "mails.lead": "Was dieser Dienst verschickt und was nicht ankam.",
  "mails.none": "Noch kein Mailserver: Mails warten. Starten Sie den Dienst mit --smtp und --mail-from.",
  "mails.leaves": "Mails gehen über {place}.",
  "mails.failed": "{n} Mails sind am letzten Tag gescheitert. Die Fehler stehen unten.",
  "mails.try": "Testmail senden",
  "mails.address": "E-Mail-Adresse",
  "mails.to": "An",
  "mails.letter": "Brief",
  "mails.language": "Sprache",
  "mails.state": "Zustand",
  "mails.tries": "Versuche",
  "mails.when": "Wann",
  "mails.find": "Mail suchen",
  "mails.empty": "Noch keine Mail. Senden Sie eine Testmail, um zu sehen, dass Mails gehen.",
  "mails.preview": "Briefe, wie man sie bekommt",
  "mails.stopped": "Adressen, die ablehnten",
  "mails.allow": "Wieder erlauben",
} satisfies Record<keyof typeof english, string>;
