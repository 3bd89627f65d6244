import { ActionIcon, Checkbox, Skeleton } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useBuildings } from "../../api/buildings";
import type { Capability, DeviceDraft } from "../../api/devices";
import { contactsOf, useDevicesWhere, useHomes } from "../../api/homes";
import type { Device } from "../../api/types";
import { t, tn } from "../../text/t";
import { byName } from "../../words/floors";
import css from "./devices.module.css";
import form from "./form.module.css";
import { Gate, lacks } from "./gate";
import { DeviceIcon } from "./parts";
import { FieldError, Section } from "./section";

interface DirectoryProps {
  site: string;
  form: UseFormReturnType<DeviceDraft>;
  ability: Capability | undefined;
}

type Picked = NonNullable<DeviceDraft["directory"]>;
type Pick = (part: Partial<Picked>, on: boolean) => void;

/** Who stands on a door phone's contact screen: everybody, or those ticked in a tree of buildings and apartments (DEV-24). */
export function DirectoryForm({ site, form: f, ability }: DirectoryProps) {
  const picked = f.values.directory;
  const pick: Pick = (part, on) => {
    const now = f.getValues().directory ?? { apartments: [], devices: [] };
    f.setFieldValue("directory", {
      apartments: moved(now.apartments, part.apartments, on),
      devices: moved(now.devices, part.devices, on),
    });
  };
  const errors = Object.entries(f.errors).filter(([path]) => path.startsWith("directory"));
  return (
    <Section title={t("dev.directory")} help={t("dev.directory_help")}>
      <Gate of={ability} kept={picked !== null} />
      <Checkbox
        label={t("dev.directory_all")}
        checked={picked === null}
        disabled={lacks(ability) && picked === null}
        onChange={(e) => f.setFieldValue("directory", e.currentTarget.checked ? null : { apartments: [], devices: [] })}
      />
      {picked && <Tree site={site} picked={picked} pick={pick} own={f.values.building_id} />}
      {picked && <span className="soft">{t("dev.directory_count", { apartments: tn("count.apartments", picked.apartments.length), devices: tn("dev.monitors", picked.devices.length) })}</span>}
      <FieldError error={errors[0]?.[1]} at={errors[0]?.[0] ?? ""} />
    </Section>
  );
}

function moved(now: string[], some: string[] | undefined, on: boolean): string[] {
  const list = new Set(some);
  const others = now.filter((id) => !list.has(id));
  return on ? [...others, ...list] : others;
}

function Tree({ site, picked, pick, own }: { site: string; picked: Picked; pick: Pick; own: string }) {
  const buildings = [...(useBuildings(site).data ?? [])].sort((a, b) => byName(a.name, b.name));
  const publicOnes = useDevicesWhere(site, { place: "public", type: "2" }).data ?? [];
  return (
    <ul className={form.tree} aria-label={t("dev.directory")}>
      {buildings.map((b) => (
        <Building key={b.id} site={site} id={b.id} name={b.name} picked={picked} pick={pick} first={b.id === own || buildings.length === 1} />
      ))}
      {publicOnes
        .filter((d) => !d.building_id)
        .map((d) => (
          <Monitor key={d.id} device={d} picked={picked} pick={pick} />
        ))}
      {buildings.length + publicOnes.length === 0 && <li className={`${form.node} soft`}>{t("dev.directory_empty")}</li>}
    </ul>
  );
}

interface BuildingProps { site: string; id: string; name: string; picked: Picked; pick: Pick; first: boolean }

/** A building: its tick takes all that is in it; its apartments are read when it is opened. */
function Building({ site, id, name, picked, pick, first }: BuildingProps) {
  const [open, setOpen] = useState(first);
  const client = useQueryClient();
  const homes = useHomes(site, open ? id : "");
  const monitors = useDevicesWhere(site, { building: id, type: "2" }, open);
  const known = homes.data && monitors.data;
  const on = (homes.data ?? []).filter((h) => picked.apartments.includes(h.id)).length + (monitors.data ?? []).filter((d) => picked.devices.includes(d.id)).length;
  const all = (homes.data?.length ?? 0) + (monitors.data?.length ?? 0);
  const Icon = open ? IconChevronDown : IconChevronRight;
  return (
    <li>
      <div className={form.node}>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-expanded={open} aria-label={t(open ? "dev.tree_shut" : "dev.tree_open", { name })} onClick={() => setOpen(!open)}>
          <Icon size={16} />
        </ActionIcon>
        <Checkbox
          className={form.grow}
          label={name}
          checked={Boolean(known) && all > 0 && on === all}
          indeterminate={Boolean(known) && on > 0 && on < all}
          onChange={async (e) => {
            const wanted = e.currentTarget.checked;
            setOpen(true);
            pick(await contactsOf(client, site, id), wanted);
          }}
        />
        {known && <span className="soft">{t("dev.directory_of", { n: on, all })}</span>}
      </div>
      {open && !known && <Skeleton height={14} m="6px 44px" width="50%" />}
      {open && known && (
        <ul>
          {[...homes.data].sort((a, b) => byName(a.number, b.number)).map((h) => (
            <li key={h.id}>
              <div className={form.node}>
                <Checkbox
                  label={h.name ? `${h.number} · ${h.name}` : h.number}
                  checked={picked.apartments.includes(h.id)}
                  onChange={(e) => pick({ apartments: [h.id] }, e.currentTarget.checked)}
                />
              </div>
              <ul>
                {monitors.data.filter((d) => d.apartment_id === h.id).map((d) => <Monitor key={d.id} device={d} picked={picked} pick={pick} />)}
              </ul>
            </li>
          ))}
          {monitors.data.filter((d) => !d.apartment_id).map((d) => <Monitor key={d.id} device={d} picked={picked} pick={pick} />)}
          {all === 0 && <li className={`${form.node} soft`}>{t("apartments.none")}</li>}
        </ul>
      )}
    </li>
  );
}

function Monitor({ device, picked, pick }: { device: Device; picked: Picked; pick: Pick }) {
  return (
    <li className={form.node}>
      <Checkbox label={<span className={css.name}><DeviceIcon type={device.type} size={16} /> {device.name}</span>} checked={picked.devices.includes(device.id)} onChange={(e) => pick({ devices: [device.id] }, e.currentTarget.checked)} />
    </li>
  );
}
