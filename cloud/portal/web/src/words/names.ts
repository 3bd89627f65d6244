import { t } from "../text/t";

const most = 2;

/** The first names of a list, and how many more there are. */
export function someOf(names: string[]): string {
  if (names.length <= most + 1) return names.join(", ");
  return t("managers.and_more", { names: names.slice(0, most).join(", "), n: names.length - most });
}

/** What a person is called; a single-family user has one name alone. */
export function nameOf(p: { first_name: string; last_name: string }): string {
  return `${p.first_name} ${p.last_name}`.trim();
}

/** What a language calls itself; the code of one that this browser does not know. */
export function ownName(code: string): string {
  try {
    const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
    return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
  } catch {
    return code; // no code of a language
  }
}
