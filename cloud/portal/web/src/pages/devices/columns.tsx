import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Device } from "../../api/types";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { t, type Key } from "../../text/t";
import { receiptWords } from "../../words/receipt";
import { deviceState } from "../../words/tone";
import css from "./devices.module.css";
import { DeviceIcon, typeWord } from "./parts";
import { RowActs } from "./rowacts";

type Line = (d: Device) => ReactNode;

const place: Line = (d) => [d.company, d.department, d.building, d.apartment].filter(Boolean).join(" · ") || t("dev.place_site");

/**
 * The columns of the list of devices at a site of a kind, with all that the guides show (DEV-28): two lines stand in one cell, so that a row is seen
 * whole on a small screen.
 */
export function columnsOf(kind: string): Column<Device>[] {
  const single = kind === "single";
  const whose: Column<Device> = single
    ? two("owner", ["dev.owner"], (d) => d.owner)
    : two("place", kind === "office" ? ["dev.department", "dev.owner"] : kind === "commercial" ? ["dev.company", "dev.building", "dev.apt"] : ["dev.building", "dev.apt", "dev.resident"], place, (d) => d.owner || d.resident);
  return [
    { ...two("name", [single ? "dev.location" : "devices.name", "device.type"], (d) => <DeviceName device={d} />), sorts: true },
    two("mac", ["devices.mac", "dev.sip"], (d) => <span className="mono">{d.mac}</span>, (d) => <span className="mono">{d.sip_user}</span>),
    whose,
    two("state", ["dev.status"], (d) => <State {...deviceState(d)} />, (d) => <Receipt device={d} />),
    single
      ? two("seen", ["dev.seen"], (d) => (d.status.seen_at ? <When at={d.status.seen_at} /> : <span className="soft">{t("device.never")}</span>))
      : { ...two("created", ["dev.created"], (d) => <When at={d.created_at} />), sorts: true },
    { key: "acts", title: t("dev.actions"), cell: (d) => <RowActs device={d} /> },
  ];
}

/** A column whose cells hold one line, or a second one under it. */
function two(key: string, titles: Key[], first: Line, second?: Line): Column<Device> {
  return {
    key,
    title: titles.map((k) => t(k)).join(", "),
    cell: (d) => (
      <span className={css.cell}>
        <span>{first(d)}</span>
        {second && <span className="soft">{second(d)}</span>}
      </span>
    ),
  };
}

/** The name of a device with the drawing of its type; the way to its page. */
function DeviceName({ device }: { device: Device }) {
  return (
    <span className={css.name}>
      <DeviceIcon type={device.type} />
      <span className={css.cell}>
        <Link to="/sites/$site/devices/$device" params={{ site: device.site_id, device: device.id }} className={tableCSS.main}>
          {device.name}
        </Link>
        <span className="soft">{typeWord(device.type)}</span>
      </span>
    </span>
  );
}

function Receipt({ device }: { device: Device }) {
  const words = receiptWords(device.status.receipt);
  return <State tone={words.tone} word={words.short} title={words.sentence} />;
}

/** A device on a narrow screen. */
export function DeviceCard({ device: d }: { device: Device }) {
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
      <span className="soft">{[d.owner, place(d), d.resident].filter(Boolean).join(" · ")}</span>
      <span className="soft mono">{[d.mac, d.sip_user].filter(Boolean).join(" · ")}</span>
    </RowCard>
  );
}
