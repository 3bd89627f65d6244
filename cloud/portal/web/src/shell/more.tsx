import { Menu, UnstyledButton } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { t } from "../text/t";
import type { NavItem } from "./nav";
import css from "./shell.module.css";

/** The pages that have no place of their own in a phone's bottom bar. */
export function More({ items, params }: { items: NavItem[]; params?: Record<string, string> }) {
  const navigate = useNavigate();
  if (items.length === 0) return null;
  return (
    <Menu position="top-end" width={240}>
      <Menu.Target>
        <UnstyledButton className={css.tab}>
          <IconDots size={20} aria-hidden />
          {t("app.more")}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {items.map((n) => (
          <Menu.Item key={n.to} leftSection={<n.icon size={18} aria-hidden />} onClick={() => navigate({ to: n.to, params })}>
            {t(n.label)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
