import { Button } from "@mantine/core";
import { IconDeviceLandlinePhone, IconPlus } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useBuildings } from "../../api/buildings";
import { useDepartmentNames } from "../../api/departments";
import { useDevicesPaged } from "../../api/devices";
import { useSite } from "../../api/sites";
import { ServedList, type Choice } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty, Page, Panel } from "../../parts/page";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { deviceTypes } from "../../words/floors";
import { AutoPButton } from "./autopbatch";
import { columnsOf, DeviceCard } from "./columns";
import { DeviceTabs, options, typeWord } from "./parts";

/** The devices of a site: its public areas, its buildings and homes, or its departments (DEV-28). */
export default function Devices() {
  const { site } = useParams({ from: "/inside/sites/$site/devices" });
  return (
    <Page title={t("devices.title")} acts={<DeviceActs site={site} />}>
      <DeviceTabs site={site} />
      <DeviceList site={site} />
    </Page>
  );
}

/** What can be done with the devices of a site. */
function DeviceActs({ site }: { site: string }) {
  return (
    <>
      <AutoPButton site={site} />
      <AddDevice site={site} />
    </>
  );
}

interface Where {
  site: string;
  /** Where the devices stand that are listed, by the names of the API's filters; without it anywhere. */
  at?: { building?: string; place?: string; department?: string; company?: string; group?: string };
}

/** The way to a new device, which stands where the list does. */
export function AddDevice({ site, at = {} }: Where) {
  const { place: _, group: _group, ...where } = at;
  if (!useMay("devices.write")) return null;
  return (
    <Button component={Link} to={`/sites/${site}/devices/new?${new URLSearchParams(where).toString()}`} leftSection={<IconPlus size={18} aria-hidden />}>
      {t("devices.new")}
    </Button>
  );
}

/** The devices of a site, or of one place of it, with search, filters, order and pages. */
export function DeviceList({ site, at }: Where) {
  const kind = useSite(site).data?.kind ?? "community";
  const all = useFilters(site, kind);
  const filters = at ? commonFilters() : all;
  const names = at ? ["type", "status", "receipt"] : ["type", "status", "receipt", "place", "building", "department", "apartment"];
  const url = useListURL({ name: "devices", sort: { key: "name", down: false }, sorts: ["name", "created"], filters: names });
  const devices = useDevicesPaged(site, { query: url.query, filters: { ...url.filters, ...at } });
  return (
    <Panel flush>
      <ServedList
        of={devices}
        url={url}
        columns={columnsOf(kind)}
        id={(d) => d.id}
        label={t("devices.title")}
        find={t(kind === "single" ? "dev.find_home" : "dev.find")}
        filters={filters}
        none={t("devices.none")}
        empty={
          <Empty
            icon={<IconDeviceLandlinePhone size={22} aria-hidden />}
            title={t("devices.empty")}
            body={t("devices.empty_body")}
            act={<AddDevice site={site} at={at} />}
          />
        }
        card={(d) => <DeviceCard device={d} />}
        linked
      />
    </Panel>
  );
}

/** Filters of every list of devices. */
export function commonFilters(): Choice[] {
  return [
    { key: "type", label: t("dev.type_any"), options: deviceTypes.map((n) => ({ value: String(n), label: typeWord(n) })) },
    {
      key: "status", label: t("devices.filter_state"),
      options: [
        { value: "online", label: t("devices.only_online") },
        { value: "offline", label: t("devices.only_offline") },
      ],
    },
    { key: "receipt", label: t("devices.filter_receipt"), options: [{ value: "open", label: t("devices.only_open") }] },
  ];
}

function useFilters(site: string, kind: string): Choice[] {
  const buildings = useBuildings(site).data;
  const departments = useDepartmentNames(site, kind === "office").data;
  const places = kind === "office" ? (["site", "department"] as const) : (["site", "building", "apartment"] as const);
  const place: Choice = { key: "place", label: t("dev.place_any"), options: places.map((value) => ({ value, label: t(`dev.place_${value}`) })) };
  const building: Choice = { key: "building", label: t("dev.building"), options: options(buildings, (b) => b.id, (b) => b.name) };
  const department: Choice = { key: "department", label: t("dev.department"), options: options(departments, (d) => d.id, (d) => d.name) };
  if (kind === "single") return commonFilters();
  return [...commonFilters(), place, kind === "office" ? department : building];
}
