import { Link } from "@tanstack/react-router";
import type { Device } from "../../api/types";
import { State } from "../../parts/state";
import { tableCSS } from "../../parts/table";
import { deviceState } from "../../words/tone";
import { DeviceIcon, typeWord } from "../devices/parts";
import css from "./buildings.module.css";

/** A device in a short list: what it is and whether it answers. */
export function DeviceRow({ site, device }: { site: string; device: Device }) {
  return (
    <li>
      <DeviceIcon type={device.type} />
      <span className={css.grow}>
        <Link to="/sites/$site/devices/$device" params={{ site, device: device.id }} className={tableCSS.main}>
          {device.name}
        </Link>{" "}
        <span className="soft">{typeWord(device.type)}</span>
      </span>
      <State {...deviceState(device)} />
    </li>
  );
}
