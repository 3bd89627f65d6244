import { Button } from "@mantine/core";
import type { NoticeItem } from "../../api/notices";
import { Dot } from "../../parts/state";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import { wordsOf } from "../../words/notice";
import css from "./notices.module.css";

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
