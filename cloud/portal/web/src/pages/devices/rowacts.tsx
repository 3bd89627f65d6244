import { ActionIcon, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDots, IconPencil, IconRefresh, IconRestore, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useRemoveDevice } from "../../api/devices";
import type { Device } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { careBar, type Order } from "../../words/care";
import { AskOrder } from "./care";
import { EditDevice } from "./editdevice";

/** Edit and delete, on every list of devices (DEV-29). */
export function RowActs({ device }: { device: Device }) {
  const [doing, setDoing] = useState<"edit" | "delete" | Order>();
  const remove = useRemoveDevice(device.site_id);
  const care = useMay("devices.care");
  if (!useMay("devices.write")) return null;
  const done = () => setDoing(undefined);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`${t("dev.actions")}: ${device.name}`}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setDoing("edit")}>
            {t("act.edit")}
          </Menu.Item>
          {care && (
            <>
              <Menu.Item leftSection={<IconRefresh size={16} aria-hidden />} disabled={Boolean(careBar(device))} onClick={() => setDoing("reboot")}>
                {t("care.reboot")}
              </Menu.Item>
              <Menu.Item leftSection={<IconRestore size={16} aria-hidden />} disabled={Boolean(careBar(device))} onClick={() => setDoing("reset")}>
                {t("care.reset")}
              </Menu.Item>
            </>
          )}
          <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setDoing("delete")}>
            {t("act.delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <AskOrder
        site={device.site_id}
        device={device}
        order={doing === "reboot" || doing === "reset" ? doing : undefined}
        onClose={done}
        onGiven={() => notifications.show({ message: t("care.sent"), color: "teal" })}
      />
      <EditDevice site={device.site_id} device={device} opened={doing === "edit"} onClose={done} />
      <Confirm
        opened={doing === "delete"}
        title={t("device.delete")}
        body={t("device.delete_ask", { name: device.name })}
        act={t("device.delete")}
        onClose={done}
        of={device}
        onConfirm={(seen) => remove.mutateAsync(seen)}
      />
    </>
  );
}
