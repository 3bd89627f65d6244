import { Button } from "@mantine/core";
import { IconDoorExit, IconEye } from "@tabler/icons-react";
import { useAccess, useEndAccess, useLeave } from "../api/access";
import { useMe } from "../api/account";
import { asProblem } from "../api/problem";
import { currentLocale, t } from "../text/t";
import { useNow } from "../parts/when";
import { minutesLeft, until } from "../words/leave";
import css from "./banner.module.css";

/** Says who is looking with leave, or where one is with leave; nothing when neither is so. */
export default function Banner() {
  const me = useMe().data;
  if (!me) return null;
  if (me.entry) return <Guest org={me.entry.org.name} emergency={me.entry.kind === "break_glass"} writes={me.entry.writes} end={me.entry.expires_at} />;
  return me.rights.includes("access.give") ? <Watched /> : null;
}

/** The bar of who entered. */
function Guest({ org, emergency, writes, end }: { org: string; emergency: boolean; writes: boolean; end: string }) {
  const leave = useLeave();
  const left = minutesLeft(new Date(end), useNow());
  return (
    <div className={css.bar} data-tone="guest" role="status">
      <IconEye size={18} aria-hidden />
      <span className={css.words}>
        {t(emergency ? "banner.in_emergency" : "banner.in_consent", { org })} · {t("banner.left", { n: left })} ·{" "}
        {t(writes ? "access.writes" : "access.reads")}
      </span>
      {leave.isError && <span>{asProblem(leave.error).message}</span>}
      <Button size="compact-sm" variant="default" leftSection={<IconDoorExit size={16} aria-hidden />} loading={leave.isPending} onClick={() => leave.mutate(undefined)}>
        {t("banner.leave")}
      </Button>
    </div>
  );
}

/** The bar of the owner while somebody is inside. */
function Watched() {
  const access = useAccess().data;
  const end = useEndAccess();
  const now = useNow();
  if (!access?.grant || access.inside.length === 0 || new Date(access.grant.expires_at) <= now) return null;
  const first = access.inside[0]!;
  const who = access.inside.length > 1 ? t("banner.and_others", { name: first.name, n: access.inside.length - 1 }) : first.name;
  return (
    <div className={css.bar} data-tone="watched" role="status">
      <IconEye size={18} aria-hidden />
      <span className={css.words}>
        {t("banner.watched", { name: who, org: first.org, until: until(new Date(access.grant.expires_at), now, currentLocale()) })} ·{" "}
        {t(access.grant.writes ? "access.writes" : "access.reads")}
        {access.grant.reason && ` · ${t("access.reason")}: ${access.grant.reason}`}
      </span>
      {end.isError && <span>{asProblem(end.error).message}</span>}
      <Button size="compact-sm" variant="default" loading={end.isPending} onClick={() => end.mutate()}>
        {t("banner.end")}
      </Button>
    </div>
  );
}
