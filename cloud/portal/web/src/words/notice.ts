import { currentLocale, has, t } from "../text/t";
import { until } from "./leave";

/** The part of a notice that is put into words. */
export interface Said {
  kind: string;
  values: Record<string, string>;
}

/** What a notice says, in the reader's language; announcements speak for themselves. */
export function wordsOf(n: Said): { title: string; body?: string } {
  const v = { ...n.values };
  if (n.kind === "announcement") return { title: v["title"] ?? "", body: v["text"] };
  if (v["until"] && !Number.isNaN(Date.parse(v["until"]))) v["until"] = until(new Date(v["until"]), new Date(), currentLocale());
  const key = [`notice.${n.kind}.${v["what"] ?? ""}`, `notice.${n.kind}`].find(has);
  const title = key ? t(key, v) : n.kind.replaceAll("_", " ");
  const body = v["reason"] ? `${t("access.reason")}: ${v["reason"]}` : undefined;
  return { title, body };
}
