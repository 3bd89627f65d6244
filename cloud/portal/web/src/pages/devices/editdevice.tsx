import { Drawer } from "@mantine/core";
import { draftOf } from "../../api/devices";
import type { Device } from "../../api/types";
import { t } from "../../text/t";
import { DeviceForm } from "./deviceform";

/** The drawer in which a device is edited. */
export function EditDevice({ site, device, opened, onClose }: { site: string; device: Device; opened: boolean; onClose: () => void }) {
  return (
    <Drawer opened={opened} onClose={onClose} size={680} title={t("device.edit")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {opened && <DeviceForm site={site} start={draftOf(device)} told={device.status.model} act={t("act.save")} cancel={onClose} onSaved={onClose} />}
    </Drawer>
  );
}
