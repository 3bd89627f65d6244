import { Button, Modal, NativeSelect, Stack } from "@mantine/core";
import { useState } from "react";
import { useDeliveries, useRetryDelivery, type Delivery, type DeliveryState, type Webhook } from "../../api/webhooks";
import { Lines } from "../../parts/code";
import { Copy } from "../../parts/copy";
import { Empty, Failed, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, Table, type Column } from "../../parts/table";
import { tell } from "../../parts/tell";
import { When } from "../../parts/when";
import { t, word } from "../../text/t";
import { answerOf, deliveryState, deliveryStates } from "../../words/delivery";
import { duration } from "../../words/results";
import css from "./webhooks.module.css";

/** The log of a webhook: what was sent, what came of it, and once more if wanted. */
export function Deliveries({ webhook }: { webhook: Webhook }) {
  const [state, setState] = useState<DeliveryState | "">("");
  const [shown, setShown] = useState<Delivery>();
  const log = useDeliveries(webhook.id, state);
  const rows = log.data?.pages.flatMap((p) => p.items) ?? [];
  const filter = (
    <NativeSelect
      aria-label={t("hooks.state")}
      size="xs"
      value={state}
      data={[{ value: "", label: t("hooks.all") }, ...deliveryStates.map((s) => ({ value: s, label: t(`hooks.state_${s}`) }))]}
      onChange={(e) => setState(e.currentTarget.value as DeliveryState | "")}
    />
  );
  return (
    <Panel title={t("hooks.log")} flush acts={filter}>
      {log.isPending && <SkeletonRows n={3} />}
      {log.isError && !log.data && <Failed error={log.error} again={() => log.refetch()} />}
      {log.data && rows.length === 0 && <Empty small body={state ? t("hooks.log_none") : t("hooks.log_empty")} />}
      {rows.length > 0 && <Log webhook={webhook} rows={rows} onShow={setShown} />}
      {rows.length > 0 && (
        <div className={css.older}>
          <span className="soft">{t("hooks.log_kept")}</span>
          {log.hasNextPage && (
            <Button variant="default" size="compact-md" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
              {t("hooks.older")}
            </Button>
          )}
        </div>
      )}
      <Modal opened={Boolean(shown)} onClose={() => setShown(undefined)} title={t("hooks.body")} size="lg" closeButtonProps={{ "aria-label": t("act.close") }}>
        {shown && <Message of={shown} />}
      </Modal>
    </Panel>
  );
}

function Log({ webhook, rows, onShow }: { webhook: Webhook; rows: Delivery[]; onShow: (d: Delivery) => void }) {
  const retry = useRetryDelivery(webhook.id);
  const acts = (d: Delivery) => (
    <div style={{ display: "flex", gap: 6, flexWrap: "wrap" }}>
      <Button variant="default" size="compact-sm" onClick={() => onShow(d)}>
        {t("hooks.show")}
      </Button>
      {d.state !== "waiting" && (
        <Button variant="default" size="compact-sm" loading={retry.isPending && retry.variables === d.id} onClick={() => void tell(() => retry.mutateAsync(d.id))}>
          {t("hooks.retry")}
        </Button>
      )}
    </div>
  );
  const columns: Column<Delivery>[] = [
    { key: "at", title: t("hooks.at"), cell: (d) => <When at={d.created_at} />, by: (d) => d.created_at },
    { key: "kind", title: t("hooks.kind"), cell: (d) => word("hooks", `kind_${d.kind}`), by: (d) => d.kind },
    { key: "state", title: t("hooks.state"), cell: (d) => <State {...deliveryState(d)} />, by: (d) => deliveryState(d).word },
    { key: "answer", title: t("hooks.answer"), cell: (d) => <span className="soft">{answerOf(d)}</span>, by: (d) => d.status },
    { key: "attempts", title: t("hooks.attempts"), cell: (d) => d.attempts, by: (d) => d.attempts },
    { key: "took", title: t("hooks.took"), cell: (d) => (d.attempts > 0 ? duration(d.took_ms) : ""), by: (d) => d.took_ms },
    { key: "acts", title: "", cell: acts },
  ];
  return (
    <Table
      rows={rows}
      columns={columns}
      id={(d) => d.id}
      label={t("hooks.log")}
      name="deliveries"
      sortedBy="at"
      downwards
      card={(d) => (
        <RowCard
          head={
            <>
              <span>{word("hooks", `kind_${d.kind}`)}</span>
              <State {...deliveryState(d)} />
            </>
          }
        >
          <span className="soft">
            <When at={d.created_at} /> {answerOf(d) && `· ${answerOf(d)}`}
          </span>
          {acts(d)}
        </RowCard>
      )}
    />
  );
}

function Message({ of }: { of: Delivery }) {
  const text = JSON.stringify(of.body, null, 2);
  return (
    <Stack gap="md">
      <Lines text={text} />
      <div>
        <Copy value={text} label={t("hooks.body")} />
      </div>
    </Stack>
  );
}
