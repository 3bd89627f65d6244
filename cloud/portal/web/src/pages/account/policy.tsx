import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMaybeMe, usePolicy } from "../../api/account";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { HomeShell } from "../../shell/shell";
import { t } from "../../text/t";
import css from "./account.module.css";
import { PolicyDate, PolicyText } from "./policytext";

/** The privacy policy: open to everybody, and in the left column of who is signed in (ACC-07). */
export default function PolicyPage() {
  const me = useMaybeMe();
  if (me.isPending) return null;
  if (me.data && me.data.gate === "") {
    return (
      <HomeShell>
        <Content org={me.data.org.id} />
      </HomeShell>
    );
  }
  return (
    <main className={css.open}>
      <Content
        crumbs={
          <Anchor component={Link} to="/sign-in" size="sm">
            {t("signin.submit")}
          </Anchor>
        }
      />
    </main>
  );
}

function Content({ org, crumbs }: { org?: string; crumbs?: ReactNode }) {
  const policy = usePolicy(org);
  return (
    <Page title={t("nav.policy")} crumbs={crumbs} under={policy.data && <PolicyDate policy={policy.data} />}>
      <Panel>
        {policy.isPending && <SkeletonRows n={8} />}
        {policy.isError && <Failed error={policy.error} again={() => policy.refetch()} />}
        {policy.data && (
          // The frame scrolls: the keyboard needs something inside it to stand on.
          <div tabIndex={0} role="region" aria-label={t("nav.policy")}>
            <PolicyText policy={policy.data} />
          </div>
        )}
      </Panel>
    </Page>
  );
}
