import { Button } from "@mantine/core";
import { IconKey, IconPencil, IconSend, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import { useRemoveWebhook, useRenewSecret, useSaveWebhook, useTryWebhook, useWebhook, type Webhook as Hook } from "../../api/webhooks";
import { Confirm } from "../../parts/confirm";
import { Facts, Failed, Notice, Page, Panel, Panels, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { tell } from "../../parts/tell";
import { When } from "../../parts/when";
import { t, word } from "../../text/t";
import { webhookState } from "../../words/delivery";
import { Deliveries } from "./deliveries";
import { EditWebhook, ShowSecret } from "./editwebhook";
import { Verify } from "./verify";

/** One webhook: how it fares, what it was sent, how to check what it sends. */
export default function Webhook() {
  const { webhook: id } = useParams({ from: "/inside/webhooks/$webhook" });
  const hook = useWebhook(id);
  const crumbs = <Link to="/webhooks">{t("hooks.title")}</Link>;
  if (!hook.data) {
    return (
      <Page title={t("hooks.title")} crumbs={crumbs}>
        <Panel>{hook.isError ? <Failed error={hook.error} again={() => hook.refetch()} /> : <SkeletonRows />}</Panel>
      </Page>
    );
  }
  return (
    <Page title={hook.data.name} crumbs={crumbs} under={<State {...webhookState(hook.data)} />} acts={<Acts of={hook.data} />}>
      <Panels>
        <Health of={hook.data} />
        <Panel>
          <Facts
            rows={[
              [t("hooks.url"), <span key="url" className="mono" style={{ overflowWrap: "anywhere" }}>{hook.data.url}</span>],
              [t("hooks.kinds"), hook.data.kinds.map((k) => word("hooks", `kind_${k}`)).join(", ")],
            ]}
          />
        </Panel>
        <Deliveries webhook={hook.data} />
        <Verify />
      </Panels>
    </Page>
  );
}

function Health({ of }: { of: Hook }) {
  const save = useSaveWebhook();
  const [problem, setProblem] = useState("");
  const on = () =>
    save
      .mutateAsync({ id: of.id, revision: of.revision, name: of.name, url: of.url, kinds: of.kinds, enabled: true })
      .then(() => setProblem(""))
      .catch((err: unknown) => setProblem(asProblem(err).message));
  if (of.stopped) {
    return (
      <Notice tone="bad">
        <div>{t(`hooks.stopped_${of.stopped}`)}</div>
        {problem && <div>{problem}</div>}
        <Button variant="default" size="compact-md" mt={8} loading={save.isPending} onClick={on}>
          {t("hooks.switch_on")}
        </Button>
      </Notice>
    );
  }
  if (!of.enabled || !of.failing_at) return null;
  return (
    <Notice tone="warn">
      {t("hooks.failing_since")} (<When at={of.failing_at} />)
    </Notice>
  );
}

function Acts({ of }: { of: Hook }) {
  const navigate = useNavigate();
  const remove = useRemoveWebhook();
  const renew = useRenewSecret(of.id);
  const test = useTryWebhook(of.id);
  const [open, setOpen] = useState<"edit" | "renew" | "delete">();
  const [secret, setSecret] = useState<string>();
  const send = () => tell(() => test.mutateAsync(), t("hooks.tried"));
  const close = () => setOpen(undefined);
  return (
    <>
      <Button leftSection={<IconSend size={18} aria-hidden />} loading={test.isPending} onClick={send}>
        {t("hooks.try")}
      </Button>
      <Button variant="default" leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setOpen("edit")}>
        {t("act.edit")}
      </Button>
      <Button variant="default" leftSection={<IconKey size={18} aria-hidden />} onClick={() => setOpen("renew")}>
        {t("hooks.renew")}
      </Button>
      <Button variant="default" leftSection={<IconTrash size={18} aria-hidden />} onClick={() => setOpen("delete")}>
        {t("act.delete")}
      </Button>
      <EditWebhook webhook={of} opened={open === "edit"} onClose={close} />
      <ShowSecret secret={secret} onDone={() => setSecret(undefined)} />
      <Confirm
        opened={open === "renew"}
        title={t("hooks.renew")}
        body={t("hooks.renew_ask", { name: of.name })}
        act={t("hooks.renew")}
        onClose={close}
        onConfirm={async () => setSecret((await renew.mutateAsync()).secret)}
      />
      <Confirm
        opened={open === "delete"}
        title={t("hooks.delete")}
        body={t("hooks.delete_ask", { name: of.name })}
        act={t("hooks.delete")}
        onClose={close}
        of={of}
        onConfirm={async (seen) => {
          await remove.mutateAsync(seen);
          await navigate({ to: "/webhooks" });
        }}
      />
    </>
  );
}
