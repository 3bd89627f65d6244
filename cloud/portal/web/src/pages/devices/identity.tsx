import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Device } from "../../api/types";
import { Copy } from "../../parts/copy";
import { Facts, Panel } from "../../parts/page";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import type { DevicePlace } from "../../words/deviceform";
import css from "./devices.module.css";
import { DeviceDrawing } from "./drawing";
import { typeWord } from "./parts";

interface IdentityProps {
  site: string;
  device: Device;
  place: DevicePlace;
  zone: string | undefined;
}

/** The information panel: what the installer gave the device, and what the device told of itself (DEV-30). */
export function Identity({ site, device, place, zone }: IdentityProps) {
  const s = device.status;
  const told: [string, ReactNode] = [t("dev.told"), s.told_at ? <When at={s.told_at} zone={zone} /> : <span className="soft">{t("dev.told_none")}</span>];
  const basic: [string, ReactNode][] = [
    [t("devices.mac"), <span className={css.secret}><span className="mono">{device.mac}</span> <Copy value={device.mac} label={t("devices.mac")} /></span>],
    [t("dev.sip"), <span className="mono">{device.sip_user}</span>],
    [t("device.sip"), t(s.sip ? "dev.yes" : "dev.no")],
    [t("dev.seen"), s.seen_at && <When at={s.seen_at} zone={zone} />],
    ...(device.driver === "akuvox" ? [told] : []), // the other drivers have no callbacks
    [t("dev.kind"), t(`dev.kind_${place}`)],
    ...whose(site, device),
    [t("dev.added"), <When at={device.created_at} zone={zone} />],
  ];
  const address = s.address || device.address;
  return (
    <>
      <Panel title={t("dev.basic")}>
        <div className={css.identity}>
          <span className={css.drawing}>
            <DeviceDrawing type={device.type} />
          </span>
          <div>
            <div className={css.relayName}>{device.name}</div>
            <div className="soft">{typeWord(device.type)}</div>
          </div>
        </div>
        <Facts rows={basic} />
      </Panel>
      <Panel title={t("dev.product")}>
        <Facts
          rows={[
            [t("device.model"), s.model || device.form.model],
            [t("device.firmware"), s.firmware && <span className="mono">{s.firmware}</span>],
            [t("device.at"), address && <span className="mono">{address}</span>],
          ]}
        />
      </Panel>
    </>
  );
}

/** Who owns it: the home, the building, the department, the company it belongs to. */
function whose(site: string, d: Device): [string, ReactNode][] {
  const rows: [string, ReactNode][] = [];
  if (d.owner) rows.push([t("dev.owner"), d.owner]);
  if (d.company) rows.push([t("dev.company"), d.company]);
  if (d.department) rows.push([t("dev.department"), d.department]);
  if (d.building && !d.owner) rows.push([t("device.building"), d.building]);
  if (d.apartment && !d.owner) {
    rows.push([
      t("device.apartment"),
      <Anchor component={Link} {...({ to: "/sites/$site/buildings/apartments/$apartment", params: { site, apartment: d.apartment_id } } as object)}>
        {d.apartment}
      </Anchor>,
    ]);
  }
  if (d.resident && !d.owner) rows.push([t("dev.resident"), d.resident]);
  return rows;
}
