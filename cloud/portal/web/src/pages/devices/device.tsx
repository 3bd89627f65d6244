import { Anchor, Button } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useBoards } from "../../api/boards";
import { useDevice, useRemoveDevice } from "../../api/devices";
import { asProblem } from "../../api/problem";
import { useSite } from "../../api/sites";
import type { Device } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { Walk } from "../../parts/walk";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { devicePlace } from "../../words/deviceform";
import { hasRelays } from "../../words/floors";
import { deviceState } from "../../words/tone";
import { LogRows } from "../log/rows";
import { Missing } from "../missing";
import { BoardRelays } from "./boardrelays";
import { Care } from "./care";
import { Configuration } from "./configuration";
import { AutoPPanel } from "./autop";
import css from "./devices.module.css";
import { EditDevice } from "./editdevice";
import { Firmware } from "./firmware";
import { Identity } from "./identity";
import { typeWord } from "./parts";
import { Relays } from "./relays";
import { SIPAccount } from "./sip";

/** One device: what it is, where it stands, its doors, how it is set up, what happened. */
export default function DevicePage() {
  const { site, device: id } = useParams({ from: "/inside/sites/$site/devices/$device" });
  const device = useDevice(site, id);
  if (device.data) return <Shown site={site} device={device.data} />;
  if (device.isError) return asProblem(device.error).status === 404 ? <Missing /> : <Failed error={device.error} again={() => void device.refetch()} />;
  return (
    <Page title={t("devices.title")}>
      <Panel>
        <SkeletonRows />
      </Panel>
    </Page>
  );
}

function Shown({ site, device }: { site: string; device: Device }) {
  const head = useSite(site);
  const zone = head.data?.time_zone;
  const boards = useBoards(site);
  const place = devicePlace(head.data?.kind, device);
  return (
    <Page
      title={device.name}
      crumbs={
        <>
          <Link to="/sites/$site/devices" params={{ site }}>
            {t("devices.title")}
          </Link>
          <span aria-hidden>/</span>
          <span>{typeWord(device.type)}</span>
        </>
      }
      under={<Standing device={device} zone={zone} />}
      acts={useMay("devices.write") && <Acts site={site} device={device} />}
    >
      <div className={css.grid}>
        <div className={css.col}>
          <Walk site={site} of={{ device: device.id }} />
          {hasRelays(device.type) && <Relays site={site} device={device} boards={boards.data ?? []} />}
          {device.form.external?.wire && <BoardRelays site={site} device={device} />}
          <Firmware site={site} device={device} />
          {useMay("events.read") && (
            <Panel
              title={t("device.log")}
              flush
              acts={
                <Anchor component={Link} to={`/sites/${site}/calls?device=${device.id}`} size="sm">
                  {t("calls.all")}
                </Anchor>
              }
            >
              <LogRows site={site} zone={zone} query={{ device: device.id, limit: 10 }} most={10} empty={t("device.no_log")} compact />
            </Panel>
          )}
        </div>
        <div className={css.col}>
          <Identity site={site} device={device} place={place} zone={zone} />
          <Configuration site={site} device={device} place={place} />
          <Care site={site} device={device} />
          {useMay("devices.write") && <AutoPPanel site={site} device={device} zone={zone} />}
          {useMay("secrets.read") && <SIPAccount site={site} device={device} />}
        </div>
      </div>
    </Page>
  );
}

/** Dot and word of its presence, since when, and whether it is registered for calls. */
function Standing({ device, zone }: { device: Device; zone: string | undefined }) {
  const { since } = device.status;
  return (
    <>
      <State pill {...deviceState(device)} />
      {since && (
        <span>
          {t("device.since", { time: "" })}
          <When at={since} zone={zone} />
        </span>
      )}
    </>
  );
}

function Acts({ site, device }: { site: string; device: Device }) {
  const [editing, setEditing] = useState(false);
  const [asking, setAsking] = useState(false);
  const remove = useRemoveDevice(site);
  const navigate = useNavigate();
  return (
    <>
      <Button variant="default" leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setEditing(true)}>
        {t("act.edit")}
      </Button>
      <Button variant="default" c="var(--v-red)" leftSection={<IconTrash size={18} aria-hidden />} onClick={() => setAsking(true)}>
        {t("act.delete")}
      </Button>
      <EditDevice site={site} device={device} opened={editing} onClose={() => setEditing(false)} />
      <Confirm
        opened={asking}
        title={t("device.delete")}
        body={t("device.delete_ask", { name: device.name })}
        act={t("device.delete")}
        onClose={() => setAsking(false)}
        of={device}
        onConfirm={async (seen) => {
          await remove.mutateAsync(seen);
          await navigate({ to: "/sites/$site/devices", params: { site } });
        }}
      />
    </>
  );
}
