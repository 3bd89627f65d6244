import { Menu, UnstyledButton, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useMe, useSaveMe, useSignOut, type Me } from "../api/account";
import { chooseLanguage, language, languages } from "../text/language";
import { t, word } from "../text/t";
import { hasTwoWorks, useEyes } from "./eyes";
import { navFor } from "./nav";
import css from "./shell.module.css";
import { chooseWork, useWork, type Work } from "./work";

const schemes: MantineColorScheme[] = ["light", "dark", "auto"];
const works: Work[] = ["project", "single"];

/** Who is signed in, the own pages, what one works at, how the page looks and speaks, and the way out. */
export function AccountMenu() {
  const me = useMe();
  const name = me.data?.name || me.data?.email || "";
  return (
    <Menu position="bottom-end" width={264}>
      <Menu.Target>
        <UnstyledButton className={css.account}>
          <span className="visually-hidden">{`${t("account.menu")}: ${name}`}</span>
          <span className={css.avatar} aria-hidden>
            {initials(name)}
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={css.accountMenu}>
        <div className={css.who}>
          <div style={{ fontWeight: 600 }}>{name}</div>
          <div className="soft">{me.data?.email || me.data?.username}</div>
          <div className="soft">{whose(me.data)}</div>
        </div>
        <Menu.Divider />
        <OwnPages />
        <WorkSwitch account={me.data?.id ?? ""} />
        <LanguageSwitch />
        <ThemeSwitch />
        <Menu.Divider />
        <SignOut />
      </Menu.Dropdown>
    </Menu>
  );
}

/** Whose organisation one is in: the own one, or the one that was entered, with the own beside it. */
function whose(me: Me | undefined): string {
  if (!me) return "";
  const role = word("role", me.role);
  if (!me.entry) return `${me.org.name} · ${role}`;
  return `${t("account.inside", { name: me.entry.org.name })} · ${me.entry.home.name}`;
}

function OwnPages() {
  const navigate = useNavigate();
  const pages = navFor(useEyes(), useWork()).filter((n) => n.group === "account");
  return pages.map((n) => (
    <Menu.Item key={n.to} leftSection={<n.icon size={18} aria-hidden />} onClick={() => navigate({ to: n.to })}>
      {t(n.label)}
    </Menu.Item>
  ));
}

/** One account works at single-family homes and at projects; each has its own sites and pages (ACC-17). */
function WorkSwitch({ account }: { account: string }) {
  const work = useWork();
  const navigate = useNavigate();
  if (!hasTwoWorks(useEyes())) return null;
  const change = (to: Work) => {
    if (to === work) return;
    chooseWork(account, to);
    void navigate({ to: to === "single" ? "/sites" : "/" });
  };
  const options = works.map((w) => ({ value: w, word: t(`account.work_${w}`) }));
  return <Choices label={t("account.work")} value={work} choose={(to) => change(to as Work)} options={options} />;
}

function LanguageSwitch() {
  const save = useSaveMe();
  // The account remembers it; a server that does not answer changes this browser at least.
  const change = async (code: string) => {
    if (code === language()) return;
    await save.mutateAsync({ language: code }).catch(() => undefined);
    chooseLanguage(code);
  };
  const options = languages.map((l) => ({ value: l.code, word: l.name, lang: l.code }));
  return <Choices label={t("language.label")} value={language()} choose={(code) => void change(code)} options={options} />;
}

function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const options = schemes.map((scheme) => ({ value: scheme, word: t(`theme.${scheme}`) }));
  return <Choices label={t("theme.label")} value={colorScheme} choose={(scheme) => setColorScheme(scheme as MantineColorScheme)} options={options} />;
}

interface Option { value: string; word: string; lang?: string }

/** One of a few: the chosen one is marked. */
function Choices({ label, value, choose, options }: { label: string; value: string; choose: (value: string) => void; options: Option[] }) {
  return (
    <>
      <Menu.Divider />
      <Menu.Label>{label}</Menu.Label>
      <Menu.RadioGroup value={value} onChange={choose}>
        {options.map((o) => (
          <Menu.RadioItem key={o.value} value={o.value} lang={o.lang} closeMenuOnClick>
            {o.word}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}

function SignOut() {
  const leave = useSignOut();
  return (
    <Menu.Item leftSection={<IconLogout size={18} aria-hidden />} onClick={leave}>
      {t("account.sign_out")}
    </Menu.Item>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s@.]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "") + (words[1]?.[0] ?? "")).toUpperCase() || "?";
}
