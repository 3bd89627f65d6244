import { Link } from "@tanstack/react-router";
import type { Device } from "../../api/types";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t, type Key } from "../../text/t";
import { colons } from "../../words/events";
import { receiptWords } from "../../words/receipt";
import { deviceState } from "../../words/tone";
import css from "./devices.module.css";
import { DeviceIcon, typeWord } from "./parts";
import { RowActs } from "./rowacts";

type ColumnName = "mac" | "name" | "location" | "resident" | "apt" | "building" | "department" | "company" | "owner" | "type" | "sip" | "state" | "receipt" | "created" | "seen" | "acts";

const byKind: Record<string, ColumnName[]> = {
  community: ["mac", "name", "resident", "apt", "building", "type", "sip", "state", "receipt", "created", "acts"],
  commercial: ["mac", "name", "company", "apt", "building", "type", "sip", "state", "receipt", "created", "acts"],
  office: ["mac", "name", "owner", "department", "type", "sip", "state", "receipt", "created", "acts"],
  single: ["mac", "owner", "sip", "location", "type", "state", "receipt", "seen", "acts"],
};

/** The columns of the list of devices at a site of a kind, as the guides have them (DEV-28), and where each stands. */
export function columnsOf(kind: string): Column<Device>[] {
  return (byKind[kind] ?? byKind["community"]!).map((name) => column(name));
}

function column(name: ColumnName): Column<Device> {
  const titles: Record<ColumnName, Key> = {
    mac: "devices.mac", name: "devices.name", location: "dev.location", resident: "dev.resident", apt: "dev.apt", building: "dev.building", department: "dev.department",
    company: "dev.company", owner: "dev.owner", type: "device.type", sip: "dev.sip", state: "devices.state", receipt: "devices.receipt", created: "dev.created", seen: "dev.seen",
    acts: "dev.actions",
  };
  const key = name === "location" ? "name" : name;
  return { key, title: t(titles[name]), cell: (d) => cell(name, d), sorts: key === "name" || key === "created" };
}

function cell(name: ColumnName, d: Device) {
  switch (name) {
    case "mac":
      return <span className="mono">{colons(d.mac)}</span>;
    case "name":
    case "location":
      return <DeviceName device={d} />;
    case "type":
      return typeWord(d.type);
    case "sip":
      return <span className="mono">{d.sip_user}</span>;
    case "state":
      return <State {...deviceState(d)} />;
    case "receipt":
      return <Receipt device={d} />;
    case "created":
      return <When at={d.created_at} />;
    case "seen":
      return d.status.seen_at ? <When at={d.status.seen_at} /> : <span className="soft">{t("device.never")}</span>;
    case "acts":
      return <RowActs device={d} />;
    case "apt":
      return d.apartment;
    default:
      return <span className="soft">{d[name]}</span>;
  }
}

/** The name of a device with the drawing of its type; the way to its page. */
function DeviceName({ device }: { device: Device }) {
  return (
    <span className={css.name}>
      <DeviceIcon type={device.type} />
      <Link to="/sites/$site/devices/$device" params={{ site: device.site_id, device: device.id }} className={tableCSS.main}>
        {device.name}
      </Link>
    </span>
  );
}

function Receipt({ device }: { device: Device }) {
  const words = receiptWords(device.status.receipt);
  return <State tone={words.tone} word={words.short} title={words.sentence} />;
}

/** A device on a narrow screen. */
export function DeviceCard({ device: d }: { device: Device }) {
  const place = [d.company || d.department || d.building, d.apartment].filter(Boolean).join(" · ");
  return (
    <RowCard
      head={
        <>
          <DeviceName device={d} />
          <RowActs device={d} />
        </>
      }
    >
      <span style={{ display: "flex", flexWrap: "wrap", gap: "4px 16px" }}>
        <State {...deviceState(d)} />
        <Receipt device={d} />
      </span>
      <span className="soft">{[typeWord(d.type), d.owner || place, d.owner ? "" : d.resident].filter(Boolean).join(" · ")}</span>
      <span className="soft mono">{[colons(d.mac), d.sip_user].filter(Boolean).join(" · ")}</span>
    </RowCard>
  );
}
