import { Button } from "@mantine/core";
import { IconDeviceLandlinePhone } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useHomeDevices } from "../../api/devices";
import { ServedList } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty, Page, Panel } from "../../parts/page";
import { t } from "../../text/t";
import { columnsOf, DeviceCard } from "./columns";
import { commonFilters } from "./devices";

/** The Device module of single-tenant work: the devices of all homes in one list (DEV-28, DEV-29). */
export default function HomeDevices() {
  const url = useListURL({ name: "homedevices", sort: { key: "name", down: false }, sorts: ["name", "created"], filters: ["type", "status", "receipt"] });
  const devices = useHomeDevices(url);
  const act = (
    <Button component={Link} to="/sites">
      {t("dev.homes_act")}
    </Button>
  );
  return (
    <Page title={t("dev.homes_title")} under={<span>{t("dev.homes_lead")}</span>}>
      <Panel flush>
        <ServedList
          of={devices}
          url={url}
          columns={columnsOf("single")}
          id={(d) => d.id}
          label={t("dev.homes_title")}
          find={t("dev.find_home")}
          filters={commonFilters()}
          none={t("devices.none")}
          empty={<Empty icon={<IconDeviceLandlinePhone size={22} aria-hidden />} title={t("dev.homes_empty")} body={t("dev.homes_empty_body")} act={act} />}
          card={(d) => <DeviceCard device={d} />}
          linked
        />
      </Panel>
    </Page>
  );
}
