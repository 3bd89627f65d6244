import { Button } from "@mantine/core";
import type { NoticeItem } from "../../api/notices";
import { Dot } from "../../parts/state";
import { When } from "../../parts/when";
import { currentLocale, has, t } from "../../text/t";
import { until } from "../../words/leave";
import css from "./notices.module.css";

/** What a notice says, in the reader's language; announcements speak for themselves. */
export function wordsOf(n: NoticeItem): { title: string; body?: string } {
  const v = { ...n.values };
  if (n.kind === "announcement") return { title: v["title"] ?? "", body: v["text"] };
  if (v["until"] && !Number.isNaN(Date.parse(v["until"]))) v["until"] = until(new Date(v["until"]), new Date(), currentLocale());
  const key = `notice.${n.kind}`;
  const title = has(key) ? t(key, v) : n.kind.replaceAll("_", " ");
  const body = v["reason"] ? `${t("access.reason")}: ${v["reason"]}` : undefined;
  return { title, body };
}

/** One notice: unread ones have a dot and can be marked as read. */
export function NoticeLine({ notice: n, onRead, long }: { notice: NoticeItem; onRead: () => void; long?: boolean }) {
  const { title, body } = wordsOf(n);
  const unread = !n.read_at;
  return (
    <div className={css.line} data-unread={unread || undefined}>
      <span className={css.dot}>{unread && <Dot tone="ok" />}</span>
      <div className={css.what}>
        <div className={css.title}>
          {unread && <span className="visually-hidden">{t("notices.unread")}: </span>}
          {title}
        </div>
        {body && <div className={long ? css.text : css.short}>{body}</div>}
        <div className={css.when}>
          <When at={n.created_at} />
        </div>
      </div>
      {unread && (
        <Button size="compact-xs" variant="subtle" onClick={onRead}>
          {t("notices.read")}
        </Button>
      )}
    </div>
  );
}
