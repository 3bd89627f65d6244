import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDownload, IconHistory, IconSearch, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { exportAddress, useAudit, type AuditEntry, type AuditFilter } from "../../api/audit";
import { Empty, Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { t, word } from "../../text/t";
import css from "./audit.module.css";
import { Row } from "./row";

const actions = ["created", "changed", "deleted", "entered", "left", "granted", "ended", "refused", "signed_in", "signed_out", "locked", "sent", "agreed", "declined", "shown", "opened", "rebooted", "reset"];
const objects = [
  "site", "building", "apartment", "person", "group", "device", "board", "agent", "relay", "remote_session", "account", "session", "password", "email", "organisation", "grant", "token", "webhook",
  "policy", "announcement", "assignment", "factor", "passkey", "form", "link", "mail", "feedback",
];

interface Choice {
  action: string;
  object: string;
  from: string;
  to: string;
  account?: { id: string; name: string };
  site?: { id: string; name: string };
}

const nothing: Choice = { action: "", object: "", from: "", to: "" };

/** The days of the reader as instants; the last day counts whole. */
function filterOf(words: string, c: Choice): AuditFilter {
  const start = c.from ? new Date(`${c.from}T00:00:00`) : undefined;
  const end = c.to ? new Date(`${c.to}T00:00:00`) : undefined;
  end?.setDate(end.getDate() + 1);
  const out: AuditFilter = {
    q: words.trim(), action: c.action, object: c.object, account: c.account?.id, site: c.site?.id, from: start?.toISOString(), to: end?.toISOString(),
  };
  for (const key of Object.keys(out) as (keyof AuditFilter)[]) if (!out[key]) delete out[key];
  return out;
}

/** Who did what, in one stream. */
export default function Audit() {
  const [linked] = useState(() => new URLSearchParams(window.location.search)); // a link may ask for a part of it
  const [typed, setTyped] = useState(linked.get("q") ?? "");
  const [words] = useDebouncedValue(typed, 250);
  const [choice, setChoice] = useState({ ...nothing, object: linked.get("object") ?? "" });
  const filter = filterOf(words, choice);
  const audit = useAudit(filter);
  const entries = audit.data?.pages.flatMap((p) => p.items) ?? [];
  const asked = Object.keys(filter).length > 0;
  const set = (more: Partial<Choice>) => setChoice({ ...choice, ...more });
  const file = (format: "csv" | "jsonl") => (
    <Button component="a" variant="default" href={exportAddress(filter, format)} download leftSection={<IconDownload size={18} aria-hidden />}>
      {t(`audit.export_${format}`)}
    </Button>
  );
  return (
    <Page title={t("audit.title")} under={<span>{t("audit.lead")}</span>} acts={<>{file("csv")}{file("jsonl")}</>}>
      <Panel flush>
        <div className={css.bar}>
          <TextInput label={t("audit.search")} maxLength={200} leftSection={<IconSearch size={16} aria-hidden />} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />
          <NativeSelect label={t("audit.action")} value={choice.action} onChange={(e) => set({ action: e.currentTarget.value })} data={choices("audit.did", actions)} />
          <NativeSelect label={t("audit.object")} value={choice.object} onChange={(e) => set({ object: e.currentTarget.value })} data={choices("audit.noun", objects)} />
          <TextInput type="date" label={t("audit.from")} value={choice.from} onChange={(e) => set({ from: e.currentTarget.value })} />
          <TextInput type="date" label={t("audit.to")} value={choice.to} onChange={(e) => set({ to: e.currentTarget.value })} />
        </div>
        <Chips choice={choice} words={typed} set={set} clear={() => { setTyped(""); setChoice(nothing); }} />
        {audit.isPending && <SkeletonRows />}
        {audit.isError && !audit.data && <Failed error={audit.error} again={() => audit.refetch()} />}
        {audit.data && entries.length === 0 &&
          (asked ? <Empty small body={t("audit.none")} /> : <Empty icon={<IconHistory size={22} aria-hidden />} title={t("audit.empty")} body={t("audit.empty_body")} />)}
        <List entries={entries} set={set} />
        {audit.hasNextPage && (
          <Button variant="subtle" fullWidth loading={audit.isFetchingNextPage} onClick={() => audit.fetchNextPage()}>
            {t("audit.more")}
          </Button>
        )}
      </Panel>
    </Page>
  );
}

function choices(prefix: string, names: string[]) {
  return [{ value: "", label: t("audit.any") }, ...names.map((n) => ({ value: n, label: word(prefix, n) }))];
}

function List({ entries, set }: { entries: AuditEntry[]; set: (c: Partial<Choice>) => void }) {
  return (
    <ul className={css.list} aria-label={t("audit.title")}>
      {entries.map((e) => (
        <li key={e.id}>
          <Row
            entry={e}
            onPerson={e.account ? () => set({ account: { id: e.account!, name: e.actor } }) : undefined}
            onSite={e.site ? () => set({ site: e.site! }) : undefined}
          />
        </li>
      ))}
    </ul>
  );
}

function Chips({ choice, words, set, clear }: { choice: Choice; words: string; set: (c: Partial<Choice>) => void; clear: () => void }) {
  const chips: [label: string, drop: Partial<Choice>][] = [];
  if (choice.action) chips.push([word("audit.did", choice.action), { action: "" }]);
  if (choice.object) chips.push([word("audit.noun", choice.object), { object: "" }]);
  if (choice.account) chips.push([choice.account.name, { account: undefined }]);
  if (choice.site) chips.push([choice.site.name, { site: undefined }]);
  if (choice.from) chips.push([`${t("audit.from")} ${choice.from}`, { from: "" }]);
  if (choice.to) chips.push([`${t("audit.to")} ${choice.to}`, { to: "" }]);
  if (chips.length === 0 && !words) return null;
  return (
    <Group className={css.chips}>
      {chips.map(([label, drop]) => (
        <Button key={label} size="compact-sm" radius="xl" variant="light" rightSection={<IconX size={14} aria-hidden />} aria-label={t("audit.drop", { label })} onClick={() => set(drop)}>
          {label}
        </Button>
      ))}
      <Button size="compact-sm" variant="subtle" onClick={clear}>
        {t("audit.clear")}
      </Button>
    </Group>
  );
}
