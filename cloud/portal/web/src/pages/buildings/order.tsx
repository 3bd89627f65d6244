import { IconArrowDown } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useDevices } from "../../api/devices";
import type { Apartment, Device } from "../../api/types";
import { Panel, SkeletonRows } from "../../parts/page";
import { Dot } from "../../parts/state";
import { t } from "../../text/t";
import { ringsFrom } from "../../words/floors";
import { deviceState } from "../../words/tone";
import { DeviceIcon } from "../devices/parts";
import css from "./buildings.module.css";

/** Who rings whom, drawn: the doors, what a visitor dials, the monitors that ring. */
export function Order({ site, apartment }: { site: string; apartment: Apartment }) {
  const devices = useDevices(site);
  if (!devices.data) {
    return (
      <Panel title={t("apartments.order")}>
        <SkeletonRows n={2} />
      </Panel>
    );
  }
  const { doors, targets } = ringsFrom(apartment, devices.data);
  return (
    <Panel title={t("apartments.order")}>
      <div className={css.flow}>
        <ul className={css.side}>
          {doors.map((d) => (
            <Node key={d.id} site={site} device={d} />
          ))}
          {doors.length === 0 && <li className={`${css.node} ${css.missing}`}>{t("apartments.no_door")}</li>}
        </ul>
        <div className={css.arrow}>
          <b>{t("apartments.dials", { number: apartment.number })}</b>
          <IconArrowDown className={css.down} size={18} aria-hidden />
          <svg className={css.line} viewBox="0 0 120 14" preserveAspectRatio="none" aria-hidden>
            <path d="M0 7H114" fill="none" stroke="currentColor" strokeWidth="2" vectorEffect="non-scaling-stroke" />
            <path d="M108 2l8 5-8 5z" fill="currentColor" />
          </svg>
          {targets.length > 1 && t("apartments.ring_together")}
        </div>
        <ul className={css.side}>
          {targets.map((d) => (
            <Node key={d.id} site={site} device={d} />
          ))}
          {targets.length === 0 && <li className={`${css.node} ${css.missing}`}>{t("apartments.no_target")}</li>}
        </ul>
      </div>
      {targets.length > 1 && (
        <p className="soft" style={{ margin: "12px 0 0", fontSize: 13 }}>
          {t("apartments.order_help", { number: apartment.number })}
        </p>
      )}
    </Panel>
  );
}

function Node({ site, device }: { site: string; device: Device }) {
  const state = deviceState(device);
  return (
    <li>
      <Link to="/sites/$site/devices/$device" params={{ site, device: device.id }} className={css.node} title={state.word}>
        <DeviceIcon type={device.type} />
        <span>{device.name}</span>
        <span>
          <Dot tone={state.tone} />
          <span className="visually-hidden">{state.word}</span>
        </span>
      </Link>
    </li>
  );
}
