import { Anchor, Button } from "@mantine/core";
import { IconDeviceDesktop, IconExternalLink, IconPlayerStop, IconRefresh, IconRestore } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { enterRemote, giveOrder, useEndRemote, useOpenRemote, useOrder, useRemoteSessions, type CareOutcome, type RemoteView } from "../../api/care";
import { asProblem } from "../../api/problem";
import type { Device } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Notice, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { tell } from "../../parts/tell";
import { useNow } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { careBar, careWords, leftOf, sizeOf, type Order } from "../../words/care";
import css from "./care.module.css";

/** Restart, reset and the device's own pages, wherever the device stands (REM-05). */
export function Care({ site, device }: { site: string; device: Device }) {
  const order = useMay("devices.care");
  const remote = useMay("devices.remote");
  if (!order && !remote) return null;
  return (
    <Panel title={t("care.title")}>
      {order && <Orders site={site} device={device} />}
      {remote && <Remote site={site} device={device} />}
    </Panel>
  );
}

function Act({ lead, children }: { lead: string; children: ReactNode }) {
  return (
    <div className={css.act}>
      <p className={css.lead}>{lead}</p>
      {children}
    </div>
  );
}

function Orders({ site, device }: { site: string; device: Device }) {
  const [asking, setAsking] = useState<Order>();
  const [given, setGiven] = useState<CareOutcome>();
  const now = useOrder(site, given).data;
  const bar = careBar(device);
  const busy = Boolean(now && !now.result);
  const words = now && careWords(now);
  return (
    <>
      <Act lead={t("care.reboot_lead")}>
        <Button variant="default" leftSection={<IconRefresh size={18} aria-hidden />} disabled={Boolean(bar) || busy} onClick={() => setAsking("reboot")}>
          {t("care.reboot")}
        </Button>
      </Act>
      <Act lead={t("care.reset_lead")}>
        <Button variant="default" c={bar || busy ? undefined : "var(--v-red)"} leftSection={<IconRestore size={18} aria-hidden />} disabled={Boolean(bar) || busy} onClick={() => setAsking("reset")}>
          {t("care.reset")}
        </Button>
      </Act>
      <div role="status" data-order={now?.result || (now ? "open" : "none")} className={css.state}>
        {words ? (
          <>
            <State pill tone={words.tone} word={words.word} />
            {words.why && <span className="soft"> {words.why}</span>}
          </>
        ) : (
          bar && <span className="soft">{bar}</span>
        )}
      </div>
      <AskOrder site={site} device={device} order={asking} onClose={() => setAsking(undefined)} onGiven={setGiven} />
    </>
  );
}

interface AskProps {
  site: string;
  device: Device;
  order: Order | undefined;
  onClose: () => void;
  onGiven: (given: CareOutcome) => void;
}

/** Asks once before a device restarts or forgets. */
export function AskOrder({ site, device, order, onClose, onGiven }: AskProps) {
  const name = device.name;
  return (
    <Confirm
      opened={order !== undefined}
      title={t(order === "reset" ? "care.reset" : "care.reboot")}
      body={t(order === "reset" ? "care.reset_ask" : "care.reboot_ask", { name })}
      act={t(order === "reset" ? "care.reset" : "care.reboot")}
      onClose={onClose}
      onConfirm={async () => order && onGiven(await giveOrder(site, device.id, order))}
    />
  );
}

function Remote({ site, device }: { site: string; device: Device }) {
  const sessions = useRemoteSessions(site, true);
  const open = useOpenRemote(site);
  const here = sessions.data?.items.filter((s) => s.device_id === device.id) ?? [];
  const off = sessions.data?.off || (device.status.online ? "" : t("care.offline"));
  return (
    <>
      <Act lead={t("care.remote_lead")}>
        <Button
          variant="default"
          leftSection={<IconDeviceDesktop size={18} aria-hidden />}
          disabled={Boolean(off) || here.some((s) => s.mine) || !sessions.data}
          loading={open.isPending}
          onClick={() => open.mutate(device.id)}
        >
          {t("care.remote")}
        </Button>
      </Act>
      {off && <p className={css.why}>{off}</p>}
      {open.isError && <Notice tone="bad">{asProblem(open.error).message}</Notice>}
      {here.map((s) => (
        <Session key={s.id} site={site} session={s} />
      ))}
      {useMay("audit.read") && (
        <Anchor component={Link} to={`/audit?object=remote_session&q=${encodeURIComponent(device.name)}`} size="sm">
          {t("care.past")}
        </Anchor>
      )}
    </>
  );
}

/** One open session: whose, how long still, the way in and the way out. */
function Session({ site, session }: { site: string; session: RemoteView }) {
  const end = useEndRemote(site);
  const left = leftOf(new Date(session.ends_at), useNow());
  return (
    <div className={css.session} data-session={session.id} role="status">
      <div>
        <strong>{session.mine ? t("care.remote_live", { name: session.device }) : t("care.remote_by", { name: session.by })}</strong>
        <div className="soft">
          <span className={css.left}>{t("care.remote_left", { time: left })}</span> · {t("care.remote_moved", { size: sizeOf(session.bytes) })}
        </div>
      </div>
      <div className={css.acts}>
        {session.mine && (
          <Button size="compact-md" leftSection={<IconExternalLink size={16} aria-hidden />} onClick={() => void tell(() => enterRemote(site, session.id))}>
            {t("care.remote_enter")}
          </Button>
        )}
        <Button size="compact-md" variant="default" leftSection={<IconPlayerStop size={16} aria-hidden />} loading={end.isPending} onClick={() => end.mutate(session.id)}>
          {t("care.remote_end")}
        </Button>
      </div>
    </div>
  );
}
