import { Menu, UnstyledButton, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceDesktop, IconLogout, IconMoon, IconSun } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useMe, useSignOut } from "../api/account";
import { t } from "../text/t";
import css from "./shell.module.css";

const schemes: [MantineColorScheme, typeof IconSun][] = [
  ["light", IconSun],
  ["dark", IconMoon],
  ["auto", IconDeviceDesktop],
];

/** Who is signed in, how the page looks, and the way out. */
export function AccountMenu() {
  const me = useMe();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const name = me.data?.name || me.data?.email || "";
  const leave = async () => {
    await signOut.mutateAsync().catch(() => undefined);
    await navigate({ to: "/sign-in" });
  };
  return (
    <Menu position="bottom-end" width={248}>
      <Menu.Target>
        <UnstyledButton className={css.account}>
          <span className="visually-hidden">{`${t("account.menu")}: ${name}`}</span>
          <span className={css.avatar} aria-hidden>
            {initials(name)}
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div style={{ padding: "8px 12px 10px" }}>
          <div style={{ fontWeight: 600 }}>{name}</div>
          <div className="soft">{me.data?.email}</div>
          <div className="soft">{me.data?.org?.name}</div>
        </div>
        <Menu.Divider />
        <Menu.Label>{t("theme.label")}</Menu.Label>
        {schemes.map(([scheme, Icon]) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            leftSection={<Icon size={18} aria-hidden />}
            rightSection={colorScheme === scheme && <IconCheck size={16} aria-hidden />}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`theme.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={18} aria-hidden />} onClick={leave}>
          {t("account.sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s@.]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "") + (words[1]?.[0] ?? "")).toUpperCase() || "?";
}
