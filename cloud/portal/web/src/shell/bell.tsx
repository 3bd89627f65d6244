import { ActionIcon, Button, Popover } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useNotices, useReadNotices } from "../api/notices";
import { NoticeLine } from "../pages/notices/line";
import { t } from "../text/t";
import css from "./bell.module.css";

const shownMost = 6;

/** The bell: how many notices are new, the newest of them, and the way to all. */
export default function Bell() {
  const notices = useNotices();
  const read = useReadNotices();
  const [opened, setOpened] = useState(false);
  const unread = notices.data?.unread ?? 0;
  const newest = (notices.data?.items ?? []).slice(0, shownMost);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={340} shadow="sm" trapFocus>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={34}
          className={css.bell}
          aria-label={unread > 0 ? t("bell.unread", { n: unread }) : t("bell.none")}
          onClick={() => setOpened(!opened)}
        >
          <IconBell size={18} />
          {unread > 0 && (
            <span className={css.count} aria-hidden>
              {unread > 99 ? "99+" : unread}
            </span>
          )}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} className={css.drop}>
        <div className={css.head}>
          <strong>{t("notices.title")}</strong>
          {unread > 0 && (
            <Button size="compact-sm" variant="subtle" onClick={() => read.mutate(undefined)}>
              {t("notices.read_all")}
            </Button>
          )}
        </div>
        {newest.length === 0 && <p className={css.empty}>{t("notices.empty_body")}</p>}
        <ul className={css.list}>
          {newest.map((n) => (
            <li key={n.id}>
              <NoticeLine notice={n} onRead={() => read.mutate([n.id])} />
            </li>
          ))}
        </ul>
        <Link to="/notices" className={css.all} onClick={() => setOpened(false)}>
          {t("bell.all")}
        </Link>
      </Popover.Dropdown>
    </Popover>
  );
}
