/** The languages an account may choose: those of mails, and German, which the portal has beside. Each by its own name. */
const codes = ["en", "de", "zh-Hans", "ko", "ja", "tr", "pl", "ru", "es", "bs", "da", "vi", "fr"];

export function languageOptions(): { value: string; label: string }[] {
  return codes.map((value) => ({ value, label: ownName(value) }));
}

function ownName(code: string): string {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
}
