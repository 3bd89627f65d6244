import { Button } from "@mantine/core";
import { IconPlus, IconWebhook } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useWebhooks, type Webhook } from "../../api/webhooks";
import { List } from "../../parts/list";
import { Empty, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t, word } from "../../text/t";
import { answerOf, deliveryState, webhookState } from "../../words/delivery";
import { EditWebhook } from "./editwebhook";
import css from "./webhooks.module.css";

/** The webhooks of the organisation. */
export default function Webhooks() {
  const hooks = useWebhooks();
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
      {t("hooks.new")}
    </Button>
  );
  const name = (w: Webhook) => (
    <Link to="/webhooks/$webhook" params={{ webhook: w.id }} className={tableCSS.main}>
      {w.name}
    </Link>
  );
  const columns: Column<Webhook>[] = [
    {
      key: "name",
      title: t("hooks.name"),
      cell: (w) => (
        <>
          {name(w)}
          <div className={css.host}>{hostOf(w.url)}</div>
        </>
      ),
      by: (w) => w.name,
    },
    { key: "kinds", title: t("hooks.kinds"), cell: kindsOf },
    { key: "last", title: t("hooks.last"), cell: (w) => <Last of={w} />, by: (w) => w.last?.created_at ?? "" },
    { key: "state", title: t("hooks.state"), cell: (w) => <State {...webhookState(w)} />, by: (w) => webhookState(w).word },
  ];
  return (
    <Page title={t("hooks.title")} under={<span>{t("hooks.lead")}</span>} acts={hooks.data && hooks.data.length > 0 && add}>
      <Panel flush>
        <List
          name="webhooks"
          of={hooks}
          columns={columns}
          id={(w) => w.id}
          label={t("hooks.title")}
          words={(w) => `${w.name} ${w.url}`}
          find={t("hooks.find")}
          linked
          empty={<Empty icon={<IconWebhook size={22} aria-hidden />} title={t("hooks.empty")} body={t("hooks.empty_body")} act={add} />}
          card={(w) => (
            <RowCard
              head={
                <>
                  {name(w)}
                  <State {...webhookState(w)} />
                </>
              }
            >
              <span className={css.host}>{hostOf(w.url)}</span>
              <span className="soft">
                <Last of={w} />
              </span>
            </RowCard>
          )}
        />
      </Panel>
      <EditWebhook opened={adding} onClose={() => setAdding(false)} onAdded={(id) => void navigate({ to: "/webhooks/$webhook", params: { webhook: id } })} />
    </Page>
  );
}

/** The first kinds of a webhook, and how many more. */
function kindsOf(w: Webhook) {
  const shown = w.kinds.slice(0, 2).map((k) => word("hooks", `kind_${k}`));
  const rest = w.kinds.length - shown.length;
  return <span className="soft">{shown.join(", ") + (rest > 0 ? ` +${rest}` : "")}</span>;
}

export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

function Last({ of }: { of: Webhook }) {
  if (!of.last) return <span className="soft">{t("hooks.never")}</span>;
  return (
    <>
      <State {...deliveryState(of.last)} /> <span className="soft">{answerOf(of.last)}</span>
      <div className="soft">
        <When at={of.last.created_at} />
      </div>
    </>
  );
}
