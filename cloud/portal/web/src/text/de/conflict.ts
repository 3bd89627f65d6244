import type { conflict as english } from "../en/conflict";

// Zwei haben gleichzeitig dasselbe bearbeitet.
export const conflict = {
  "conflict.title": "Jemand anderes hat dies geändert",
  "conflict.body": "Nachdem Sie es geöffnet haben, hat jemand anderes gespeichert. Wählen Sie für jedes Feld, was bleibt.",
  "conflict.field": "Feld",
  "conflict.mine": "Ihre Eingabe",
  "conflict.theirs": "Gespeichert",
  "conflict.all_mine": "Meine behalten",
  "conflict.all_theirs": "Gespeicherte nehmen",
  "conflict.save": "Auswahl speichern",
  "conflict.empty": "leer",
  "conflict.on": "an",
  "conflict.off": "aus",
  "conflict.left": "Nicht gespeichert: Jemand anderes hat dies geändert, nachdem Sie es geöffnet haben.",
} satisfies Record<keyof typeof english, string>;
