import { Button, Select, Switch } from "@mantine/core";
import { useState } from "react";
import { useAppPassword, useAssign, useSiteManagers, useUnassign, type Assignment, type Switches } from "../../api/managers";
import { asProblem } from "../../api/problem";
import { Confirm } from "../../parts/confirm";
import { Copy } from "../../parts/copy";
import { Empty, Failed, Notice, Panel, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import css from "./managers.module.css";

/** Who manages a site, and what each may do there. */
export function SiteManagers({ site }: { site: string }) {
  const managers = useSiteManagers(site);
  return (
    <Panel title={t("managers.here")}>
      <p className="soft" style={{ margin: "0 0 12px", lineHeight: 1.5 }}>
        {t("managers.here_help")}
      </p>
      {managers.isPending && <SkeletonRows n={2} />}
      {managers.isError && !managers.data && <Failed error={managers.error} again={() => managers.refetch()} />}
      {managers.data && <Assigned site={site} />}
    </Panel>
  );
}

/** The assigned managers with their switches, and a box to add another. */
export function Assigned({ site }: { site: string }) {
  const managers = useSiteManagers(site);
  const assign = useAssign(site);
  const [problem, setProblem] = useState("");
  const [picked, setPicked] = useState<string | null>(null);
  const all = managers.data;
  if (!all) return null;
  const run = async (act: () => Promise<unknown>) => {
    setProblem("");
    try {
      await act();
    } catch (err) {
      setProblem(asProblem(err).message);
    }
  };
  return (
    <div className={css.all}>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {all.items.length === 0 && <Empty small body={t("managers.none_here")} />}
      {all.items.map((a) => (
        <One key={a.account_id} site={site} of={a} run={run} />
      ))}
      {all.available.length > 0 && (
        <div className={css.add}>
          <Select
            label={t("managers.pick")}
            searchable
            data={all.available.map((m) => ({ value: m.account_id, label: `${m.name} · ${m.email}` }))}
            value={picked}
            onChange={setPicked}
          />
          <Button
            disabled={!picked}
            loading={assign.isPending}
            onClick={() =>
              run(async () => {
                await assign.mutateAsync({ account: picked!, body: {} });
                setPicked(null);
              })
            }
          >
            {t("managers.assign")}
          </Button>
        </div>
      )}
    </div>
  );
}

const switches = ["pay", "renewal_mails", "app", "delete_accounts", "log_access"] as const;

function One({ site, of, run }: { site: string; of: Assignment; run: (act: () => Promise<unknown>) => Promise<void> }) {
  const assign = useAssign(site);
  const unassign = useUnassign(site);
  const password = useAppPassword(site);
  const [asking, setAsking] = useState(false);
  const now: Switches = { pay: of.pay ?? false, renewal_mails: of.renewal_mails, app: of.app, delete_accounts: of.delete_accounts, log_access: of.log_access };
  const shown = switches.filter((s) => s !== "pay" || of.pay !== undefined);
  return (
    <div className={css.one} role="group" aria-label={of.name}>
      <div className={css.head}>
        <div className={css.who}>
          <strong>{of.name}</strong>
          <div className="soft">{of.email}</div>
        </div>
        <Button variant="default" size="compact-sm" aria-label={`${t("managers.unassign")}: ${of.name}`} onClick={() => setAsking(true)}>
          {t("managers.unassign")}
        </Button>
      </div>
      <div className={css.switches}>
        {shown.map((s) => (
          <Switch
            key={s}
            label={t(`managers.${s}`)}
            checked={now[s] ?? false}
            disabled={assign.isPending}
            onChange={(e) => {
              const on = e.currentTarget.checked;
              void run(() => assign.mutateAsync({ account: of.account_id, revision: of.revision, body: { ...now, [s]: on } }));
            }}
          />
        ))}
      </div>
      {of.app && (
        <div className={css.app}>
          <span>{t("managers.app_user", { user: of.app_user })}</span>
          <Button variant="default" size="compact-sm" loading={password.isPending} onClick={() => run(() => password.mutateAsync(of.account_id))}>
            {t("managers.app_password")}
          </Button>
        </div>
      )}
      {password.data && (
        <Notice tone="ok">
          {t("managers.app_once", { user: password.data.app_user, password: password.data.app_password })} <Copy value={password.data.app_password} />
        </Notice>
      )}
      <Confirm
        opened={asking}
        title={t("managers.unassign")}
        body={t("managers.unassign_ask", { name: of.name })}
        act={t("managers.unassign")}
        onClose={() => setAsking(false)}
        of={{ id: of.account_id, revision: of.revision }}
        onConfirm={unassign.mutateAsync}
      />
    </div>
  );
}
