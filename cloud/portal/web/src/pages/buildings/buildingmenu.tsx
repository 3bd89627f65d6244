import { Menu } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useState, type ReactElement } from "react";
import { useBuilding } from "../../api/buildings";
import { Confirm } from "../../parts/confirm";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { EditBuilding, useDeleteBuilding } from "./editbuilding";

interface BuildingMenuProps {
  site: string;
  building: string;
  /** What is clicked with the right button, or stands under the key for menus. */
  children: ReactElement;
}

/** Renames or deletes a building from the tree (SITE-23); its page has the same acts in sight. */
export function BuildingMenu({ site, building, children }: BuildingMenuProps) {
  const may = useMay("sites.write");
  const [act, setAct] = useState<"rename" | "delete">();
  if (!may) return children;
  return (
    <>
      <Menu width={220}>
        <Menu.ContextMenu>{children}</Menu.ContextMenu>
        <Menu.Dropdown aria-label={t("homes.acts")}>
          <Menu.Item leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setAct("rename")}>
            {t("buildings.rename")}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={18} aria-hidden />} onClick={() => setAct("delete")}>
            {t("buildings.delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {act && <Act site={site} building={building} act={act} onClose={() => setAct(undefined)} />}
    </>
  );
}

function Act({ site, building, act, onClose }: Omit<BuildingMenuProps, "children"> & { act: "rename" | "delete"; onClose: () => void }) {
  const known = useBuilding(site, building).data;
  const remove = useDeleteBuilding(site);
  if (!known) return null;
  if (act === "rename") return <EditBuilding site={site} building={known} opened onClose={onClose} />;
  return (
    <Confirm
      opened
      title={t("buildings.delete")}
      body={t("buildings.delete_ask", { name: known.name })}
      act={t("buildings.delete")}
      of={known}
      onClose={onClose}
      onConfirm={remove}
    />
  );
}
