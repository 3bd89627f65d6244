import { Button } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useApartments } from "../../api/apartments";
import { useBoards } from "../../api/boards";
import { useBuildings } from "../../api/buildings";
import { useDevices, useRemoveDevice } from "../../api/devices";
import { useGroups } from "../../api/groups";
import { useSite } from "../../api/sites";
import type { Device } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Facts, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import { colons } from "../../words/events";
import { hasRelays } from "../../words/floors";
import { deviceState } from "../../words/tone";
import { LogRows } from "../log/rows";
import { Missing } from "../missing";
import { EditDevice } from "./editdevice";
import css from "./devices.module.css";
import { placeOf, typeWord } from "./parts";
import { ReceiptLine } from "./receipt";
import { Relays } from "./relays";
import { SIPAccount } from "./sip";

export default function DevicePage() {
  const { site, device: id } = useParams({ from: "/inside/sites/$site/devices/$device" });
  const devices = useDevices(site);
  const device = devices.data?.find((d) => d.id === id);
  if (devices.isPending) {
    return (
      <Page title={t("devices.title")}>
        <Panel>
          <SkeletonRows />
        </Panel>
      </Page>
    );
  }
  if (devices.isError && !devices.data) return <Failed error={devices.error} again={() => devices.refetch()} />;
  if (!device) return <Missing />;
  return <Shown site={site} device={device} />;
}

function Shown({ site, device }: { site: string; device: Device }) {
  const head = useSite(site);
  const zone = head.data?.time_zone;
  const boards = useBoards(site);
  const state = deviceState(device);
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
      under={
        <>
          <State pill {...state} />
          {device.status.since && (
            <span>
              {t("device.since", { time: "" })}
              <When at={device.status.since} zone={zone} />
            </span>
          )}
        </>
      }
      acts={<Acts site={site} device={device} />}
    >
      <div className={css.grid}>
        <div className={css.col}>
          {hasRelays(device.type) && <Relays site={site} device={device} boards={boards.data ?? []} />}
          <Panel title={t("device.receipt")}>
            <ReceiptLine receipt={device.status.receipt} />
          </Panel>
          <Panel title={t("device.log")} flush>
            <LogRows site={site} zone={zone} query={{ device: device.id, limit: 10 }} most={10} empty={t("device.no_log")} compact />
          </Panel>
        </div>
        <div className={css.col}>
          <Identity site={site} device={device} />
          <SIPAccount site={site} device={device} />
        </div>
      </div>
    </Page>
  );
}

function Identity({ site, device }: { site: string; device: Device }) {
  const buildings = useBuildings(site);
  const apartments = useApartments(site);
  const groups = useGroups(site);
  const s = device.status;
  const place = placeOf(device, buildings.data ?? [], apartments.data ?? []);
  return (
    <Panel title={t("device.identity")}>
      <Facts
        rows={[
          [t("device.type"), typeWord(device.type)],
          [t("devices.mac"), <span className="mono">{colons(device.mac)}</span>],
          [
            t("devices.place"),
            device.apartment_id ? (
              <Link to="/sites/$site/buildings/apartments/$apartment" params={{ site, apartment: device.apartment_id }} style={{ color: "var(--v-teal)" }}>
                {place}
              </Link>
            ) : (
              place
            ),
          ],
          [t("device.group"), groups.data?.find((g) => g.id === device.group_id)?.name],
          [t("device.model"), s.model],
          [t("device.firmware"), s.firmware && <span className="mono">{s.firmware}</span>],
          [t("device.at"), (s.address || device.address) && <span className="mono">{s.address || device.address}</span>],
          [t("device.driver"), t(`device.driver_${device.driver}`)],
          [t("device.dtmf"), t(`device.dtmf_${device.dtmf_method}`)],
        ]}
      />
    </Panel>
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
