import { IconArrowRight, IconDeviceMobile, IconDeviceTablet, IconPhone, IconShield, type Icon } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Fragment, type ReactNode } from "react";
import { useCallOrder, type CallOrder, type CallRing } from "../../api/apartments";
import type { Apartment } from "../../api/types";
import { Failed, Panel, SkeletonRows } from "../../parts/page";
import { t, word } from "../../text/t";
import { DeviceIcon } from "../devices/parts";
import css from "./order.module.css";

/** Who calls a home and who rings there, stage after stage, as the building will do it (CALL-02, CALL-06, CALL-07). */
export function Order({ site, apartment }: { site: string; apartment: Apartment }) {
  const order = useCallOrder(site, apartment.id);
  return (
    <Panel title={t("apartments.order")}>
      {!order.data && (order.isError ? <Failed error={order.error} again={() => void order.refetch()} /> : <SkeletonRows n={2} />)}
      {order.data && <Flow site={site} number={apartment.number} order={order.data} />}
    </Panel>
  );
}

function Flow({ site, number, order }: { site: string; number: string; order: CallOrder }) {
  return (
    <>
      <ol className={css.flow}>
        <li className={css.step} data-missing={order.doors.length === 0 || undefined}>
          <h3>{t("homes.door")}</h3>
          <p className="soft">{t("homes.door_at", { number })}</p>
          <ul>
            {order.doors.map((d) => (
              <li key={d.id}>
                <DeviceIcon type={d.type} />
                <DeviceLink site={site} id={d.id} name={d.name} />
              </li>
            ))}
            {order.doors.length === 0 && <li className="soft">{t("apartments.no_door")}</li>}
          </ul>
        </li>
        {order.stages.map((stage, i) => (
          <Fragment key={i}>
            <li className={css.arrow} aria-hidden>
              <IconArrowRight size={20} />
            </li>
            <li className={css.step} data-missing={!stage.rings || undefined}>
              <h3>{stageTitle(i, order.stages.length)}</h3>
              {!stage.rings && <p className="soft">{t("homes.stage_passed")}</p>}
              {stage.targets.map((ring) => (
                <Ring key={ring.target} site={site} ring={ring} />
              ))}
            </li>
          </Fragment>
        ))}
      </ol>
      <p className={css.help}>{t("homes.order_group")}</p>
    </>
  );
}

function stageTitle(i: number, of: number): string {
  if (i > 0) return t("homes.stage_then");
  return t(of === 1 ? "homes.stage_only" : "homes.stage_first");
}

const icons: Record<CallRing["target"], Icon> = { monitors: IconDeviceTablet, accounts: IconDeviceMobile, landlines: IconPhone, guards: IconShield };

/** One target of a stage: what it means in this home, or why nothing rings there. */
function Ring({ site, ring }: { site: string; ring: CallRing }) {
  const Picture = icons[ring.target];
  const who: { key: string; line: ReactNode }[] = [
    ...ring.monitors.map((m) => ({ key: m.id, line: <DeviceLink site={site} id={m.id} name={m.name} /> })),
    ...ring.people.map((p) => ({ key: p.id, line: p.name })),
    ...ring.numbers.map((n, i) => ({ key: `${i} ${n}`, line: n })),
  ];
  return (
    <div className={css.ring} data-missing={ring.off || who.length === 0 || undefined}>
      <span className={css.target}>
        <Picture size={18} aria-hidden />
        <span>{word("homes", `target_${ring.target}`)}</span>
      </span>
      <ul>
        {who.map(({ key, line }) => (
          <li key={key}>{line}</li>
        ))}
      </ul>
      {ring.numbers.length > 1 && !ring.off && <span className="soft">{t("homes.ring_order")}</span>}
      {ring.off ? <span className="soft">{t("homes.ring_off")}</span> : who.length === 0 && <span className="soft">{t(`homes.ring_none_${ring.target}`)}</span>}
    </div>
  );
}

function DeviceLink({ site, id, name }: { site: string; id: string; name: string }) {
  return (
    <Link to="/sites/$site/devices/$device" params={{ site, device: id }}>
      {name}
    </Link>
  );
}
