import { ownName } from "../../words/names";

/** The languages an account may choose: those of mails, and German, which the portal has beside. Each by its own name. */
const codes = ["en", "de", "zh-Hans", "ko", "ja", "tr", "pl", "ru", "es", "bs", "da", "vi", "fr"];

export function languageOptions(): { value: string; label: string }[] {
  return codes.map((value) => ({ value, label: ownName(value) }));
}
