import { Button, Select, TextInput } from "@mantine/core";
import { IconDeviceLandlinePhone, IconPlus, IconSearch } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useApartments } from "../../api/apartments";
import { useBuildings } from "../../api/buildings";
import { useDevices } from "../../api/devices";
import type { Device } from "../../api/types";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { Table, tableCSS, usePhone, type Column } from "../../parts/table";
import { t, tn } from "../../text/t";
import { colons } from "../../words/events";
import { isOpen } from "../../words/hand";
import { receiptWords } from "../../words/receipt";
import { deviceState } from "../../words/tone";
import css from "./devices.module.css";
import { DeviceIcon, DeviceTabs, placeOf, typeWord } from "./parts";

interface Placed { device: Device; place: string }
type Filters = { q?: string; presence?: string; receipt?: string };

export default function Devices() {
  const { site } = useParams({ from: "/inside/sites/$site/devices" });
  const devices = useDevices(site);
  const buildings = useBuildings(site);
  const apartments = useApartments(site);
  const rows = useMemo(
    () => (devices.data ?? []).map((device) => ({ device, place: placeOf(device, buildings.data ?? [], apartments.data ?? []) })),
    [devices.data, buildings.data, apartments.data],
  );
  const add = (
    <Button component={Link} to={`/sites/${site}/devices/new`} leftSection={<IconPlus size={18} aria-hidden />}>
      {t("devices.new")}
    </Button>
  );
  const none = devices.data?.length === 0;
  return (
    <Page title={t("devices.title")} acts={!none && add}>
      <DeviceTabs site={site} />
      <Panel flush>
        {devices.isPending && <SkeletonRows n={8} />}
        {devices.isError && !devices.data && <Failed error={devices.error} again={() => devices.refetch()} />}
        {none && (
          <Empty icon={<IconDeviceLandlinePhone size={22} aria-hidden />} title={t("devices.empty")} body={t("devices.empty_body")} act={add} />
        )}
        {devices.data && !none && <DeviceList site={site} rows={rows} />}
      </Panel>
    </Page>
  );
}

function fits({ device, place }: Placed, f: Filters): boolean {
  if (f.presence === "online" && !device.status.online) return false;
  if (f.presence === "offline" && device.status.online) return false;
  if (f.receipt === "open" && !isOpen(device)) return false;
  const wanted = (f.q ?? "").trim().toLowerCase();
  if (!wanted) return true;
  const mac = wanted.replace(/[:.-]/g, "");
  const text = `${device.name} ${place} ${device.status.model} ${typeWord(device.type)}`.toLowerCase();
  return text.includes(wanted) || (mac !== "" && device.mac.toLowerCase().includes(mac));
}

function DeviceList({ site, rows }: { site: string; rows: Placed[] }) {
  const filters = useSearch({ from: "/inside/sites/$site/devices" });
  const navigate = useNavigate({ from: "/sites/$site/devices" });
  const phone = usePhone();
  const set = (change: Filters) => navigate({ search: (old) => clean({ ...old, ...change }), replace: true });
  const shown = rows.filter((r) => fits(r, filters));
  const filtered = Boolean(filters.q || filters.presence || filters.receipt);
  return (
    <>
      <div className={tableCSS.bar}>
        <TextInput
          aria-label={t("devices.filter")}
          placeholder={t("devices.filter")}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={filters.q ?? ""}
          onChange={(e) => set({ q: e.currentTarget.value })}
        />
        <Select
          aria-label={t("devices.filter_state")}
          w={phone ? "calc(50% - 4px)" : 150}
          value={filters.presence ?? ""}
          onChange={(v) => set({ presence: v ?? "" })}
          data={[
            { value: "", label: `${t("devices.filter_state")}: ${t("devices.any").toLowerCase()}` },
            { value: "online", label: t("devices.only_online") },
            { value: "offline", label: t("devices.only_offline") },
          ]}
        />
        <Select
          aria-label={t("devices.filter_receipt")}
          w={phone ? "calc(50% - 4px)" : 170}
          value={filters.receipt ?? ""}
          onChange={(v) => set({ receipt: v ?? "" })}
          data={[
            { value: "", label: `${t("devices.filter_receipt")}: ${t("devices.any").toLowerCase()}` },
            { value: "open", label: t("devices.only_open") },
          ]}
        />
      </div>
      <div className="visually-hidden" role="status">
        {filtered ? tn("count.devices", shown.length) : ""}
      </div>
      {shown.length === 0 ? (
        <Empty
          small
          body={t("devices.none")}
          act={
            <Button variant="default" onClick={() => navigate({ search: {}, replace: true })}>
              {t("devices.clear")}
            </Button>
          }
        />
      ) : (
        <Table rows={shown} columns={columns(site)} id={(r) => r.device.id} label={t("devices.title")} card={(r) => <Card site={site} row={r} />} linked />
      )}
    </>
  );
}

function clean(f: Filters): Filters {
  return Object.fromEntries(Object.entries(f).filter(([, v]) => v));
}

function columns(site: string): Column<Placed>[] {
  return [
    { key: "name", title: t("devices.name"), cell: (r) => <Name site={site} device={r.device} />, by: (r) => r.device.name },
    { key: "place", title: t("devices.place"), cell: (r) => r.place, by: (r) => r.place },
    { key: "state", title: t("devices.state"), cell: (r) => <State {...deviceState(r.device)} />, by: (r) => deviceState(r.device).word },
    { key: "receipt", title: t("devices.receipt"), cell: (r) => <Receipt device={r.device} />, by: (r) => receiptWords(r.device.status.receipt).short },
    { key: "mac", title: t("devices.mac"), cell: (r) => <span className="mono">{colons(r.device.mac)}</span>, by: (r) => r.device.mac },
    { key: "model", title: t("devices.model"), cell: (r) => <span className="soft">{r.device.status.model}</span>, by: (r) => r.device.status.model },
  ];
}

function Name({ site, device }: { site: string; device: Device }) {
  return (
    <span className={css.name}>
      <DeviceIcon type={device.type} />
      <Link to="/sites/$site/devices/$device" params={{ site, device: device.id }} className={tableCSS.main}>
        {device.name}
      </Link>
    </span>
  );
}

function Receipt({ device }: { device: Device }) {
  const words = receiptWords(device.status.receipt);
  return <State tone={words.tone} word={words.short} title={words.sentence} />;
}

function Card({ site, row }: { site: string; row: Placed }) {
  return (
    <div style={{ display: "grid", gap: 6 }}>
      <Name site={site} device={row.device} />
      <div style={{ display: "flex", flexWrap: "wrap", gap: "4px 16px" }}>
        <State {...deviceState(row.device)} />
        <Receipt device={row.device} />
      </div>
      <div className="soft">
        {row.place} · <span className="mono">{colons(row.device.mac)}</span>
      </div>
    </div>
  );
}
