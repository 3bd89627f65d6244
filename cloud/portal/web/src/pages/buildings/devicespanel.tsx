import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Device } from "../../api/types";
import { Empty, Panel, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { tableCSS } from "../../parts/table";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { deviceState } from "../../words/tone";
import { DeviceIcon, typeWord } from "../devices/parts";
import { RowActs } from "../devices/rowacts";
import css from "./buildings.module.css";

interface DevicesPanelProps {
  site: string;
  title: string;
  /** Its devices, in their order; nothing while they are on their way. */
  devices: Device[] | undefined;
  /** Where a new one hangs, as the form's address says it, such as `building=…`. */
  at: string;
  empty: string;
}

/** The devices of an apartment or the doors of a building, and the way to another. */
export function DevicesPanel({ site, title, devices, at, empty }: DevicesPanelProps) {
  const add = useMay("devices.write") && (
    <Button component={Link} to={`/sites/${site}/devices/new?${at}`} variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />}>
      {t("devices.new")}
    </Button>
  );
  return (
    <Panel title={title} flush acts={add}>
      {!devices && <SkeletonRows n={2} />}
      {devices?.length === 0 && <Empty small body={empty} />}
      <ul className={css.rows}>
        {devices?.map((d) => (
          <DeviceRow key={d.id} site={site} device={d} />
        ))}
      </ul>
    </Panel>
  );
}

/** A device of a home: what it is, whether it answers, since when it hangs here, and what can be done with it (DEV-28, DEV-29). */
function DeviceRow({ site, device }: { site: string; device: Device }) {
  return (
    <li>
      <DeviceIcon type={device.type} />
      <span className={css.grow}>
        <Link to="/sites/$site/devices/$device" params={{ site, device: device.id }} className={tableCSS.main}>
          {device.name}
        </Link>{" "}
        <span className="soft">{typeWord(device.type)}</span>
        <br />
        <span className="soft">
          <span className="mono">{device.mac}</span> · <When at={device.created_at} />
        </span>
      </span>
      <State {...deviceState(device)} />
      <RowActs device={device} />
    </li>
  );
}
