import { Button, SegmentedControl } from "@mantine/core";
import { IconBell, IconSpeakerphone } from "@tabler/icons-react";
import { useState } from "react";
import { useMe } from "../../api/account";
import { useNotices, useReadNotices } from "../../api/notices";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import { Announce } from "./announce";
import { NoticeLine } from "./line";
import css from "./notices.module.css";

const perPart = 20;

/** The Notification Center. */
export default function Notices() {
  const me = useMe().data;
  const notices = useNotices();
  const read = useReadNotices();
  const [which, setWhich] = useState("all");
  const [shown, setShown] = useState(perPart);
  const [announcing, setAnnouncing] = useState(false);
  const unread = notices.data?.unread ?? 0;
  const all = notices.data?.items ?? [];
  const items = which === "unread" ? all.filter((n) => !n.read_at) : all;
  const announce = me?.rights.includes("service.write") && (
    <Button leftSection={<IconSpeakerphone size={18} aria-hidden />} onClick={() => setAnnouncing(true)}>
      {t("notices.announce")}
    </Button>
  );
  return (
    <Page title={t("notices.title")} under={<span>{t("notices.lead")}</span>} acts={announce}>
      <Panel flush>
        {notices.isPending && <SkeletonRows />}
        {notices.isError && !notices.data && <Failed error={notices.error} again={() => notices.refetch()} />}
        {notices.data && all.length === 0 && <Empty icon={<IconBell size={22} aria-hidden />} title={t("notices.empty")} body={t("notices.empty_body")} />}
        {all.length > 0 && (
          <>
            <div className={css.bar}>
              <SegmentedControl
                aria-label={t("notices.which")}
                value={which}
                onChange={setWhich}
                data={[
                  { value: "all", label: t("notices.all") },
                  { value: "unread", label: t("notices.unread_n", { n: unread }) },
                ]}
              />
              <Button variant="default" disabled={unread === 0} loading={read.isPending} onClick={() => read.mutate(undefined)}>
                {t("notices.read_all")}
              </Button>
            </div>
            {items.length === 0 && <Empty small body={t("notices.all_read")} />}
            <ul className={css.list}>
              {items.slice(0, shown).map((n) => (
                <li key={n.id}>
                  <NoticeLine notice={n} long onRead={() => read.mutate([n.id])} />
                </li>
              ))}
            </ul>
            {items.length > shown && (
              <Button variant="subtle" fullWidth onClick={() => setShown(shown + perPart)}>
                {t("audit.more")}
              </Button>
            )}
          </>
        )}
      </Panel>
      <Announce opened={announcing} onClose={() => setAnnouncing(false)} />
    </Page>
  );
}
