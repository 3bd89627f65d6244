import { Drawer } from "@mantine/core";
import type { DeviceDraft } from "../../api/devices";
import type { Device } from "../../api/types";
import { t } from "../../text/t";
import { DeviceForm } from "./deviceform";

/** The drawer in which a device is edited. */
export function EditDevice({ site, device, opened, onClose }: { site: string; device: Device; opened: boolean; onClose: () => void }) {
  return (
    <Drawer opened={opened} onClose={onClose} size={560} title={t("device.edit")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {opened && <DeviceForm site={site} start={draftOf(device)} act={t("act.save")} cancel={onClose} onSaved={onClose} />}
    </Drawer>
  );
}

function draftOf(d: Device): DeviceDraft {
  return {
    id: d.id, type: d.type, mac: d.mac, name: d.name, group_id: d.group_id, building_id: d.building_id, apartment_id: d.apartment_id,
    driver: d.driver, address: d.address, dtmf_method: d.dtmf_method, relays: d.relays, api_user: d.api_user, api_password: "", revision: d.revision,
  };
}
