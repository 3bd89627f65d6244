import { t } from "../text/t";

const most = 2;

/** The first names of a list, and how many more there are. */
export function someOf(names: string[]): string {
  if (names.length <= most + 1) return names.join(", ");
  return t("managers.and_more", { names: names.slice(0, most).join(", "), n: names.length - most });
}
