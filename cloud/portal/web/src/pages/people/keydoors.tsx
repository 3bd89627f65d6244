import { Anchor, Button, Modal, MultiSelect, Stack, Switch } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconDoor } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useAccessGroupNames, useSetKeyDoors, type AccessGroup, type KeyDoors } from "../../api/accessgroups";
import type { Keyring } from "../../api/doorkeys";
import { FormEnd, useSending } from "../../parts/form";
import { t } from "../../text/t";
import { scheduleWords } from "../../words/accessgroups";
import css from "./people.module.css";

interface KeyDoorsProps { of: { site: string; person: string }; ring: Keyring; may: boolean }

/** Where the PIN and the cards of a person open: at the own doors, and by access groups. */
export function KeyDoorsRow({ of, ring, may }: KeyDoorsProps) {
  const groups = useAccessGroupNames(of.site).data;
  const [choosing, setChoosing] = useState(false);
  const named = groups ? ring.groups.map((id) => groups.find((g) => g.id === id)?.name ?? id) : [];
  return (
    <li>
      <IconDoor size={18} aria-hidden />
      <span className={css.grow}>
        <span>{t("keydoors.title")}</span>
        <span className="soft">{wordsOf(ring, named)}</span>
      </span>
      {may && (
        <Button variant="default" size="compact-sm" disabled={!groups} onClick={() => setChoosing(true)} aria-label={`${t("keydoors.change")}: ${t("keydoors.title")}`}>
          {t("keydoors.change")}
        </Button>
      )}
      <Modal opened={choosing} onClose={() => setChoosing(false)} title={t("keydoors.title")} closeButtonProps={{ "aria-label": t("act.close") }}>
        {choosing && <KeyDoorsForm of={of} ring={ring} groups={groups ?? []} onDone={() => setChoosing(false)} />}
      </Modal>
    </li>
  );
}

function wordsOf(ring: Keyring, named: string[]): string {
  if (!ring.own_doors && ring.groups.length === 0) return t("keydoors.nowhere");
  return [ring.own_doors ? t("keydoors.own") : t("keydoors.own_off"), ...named].join(" · ");
}

const most = 16;

function KeyDoorsForm({ of, ring, groups, onDone }: Omit<KeyDoorsProps, "may"> & { groups: AccessGroup[]; onDone: () => void }) {
  const set = useSetKeyDoors(of);
  const form = useForm<KeyDoors>({ mode: "controlled", initialValues: { groups: ring.groups, own_doors: ring.own_doors, revision: ring.revision } });
  const names = (ids: string[]) => ids.map((id) => groups.find((g) => g.id === id)?.name ?? id).join(", ");
  const sending = useSending(form, async (values) => {
    await set.mutateAsync(values);
    onDone();
  }, { groups: { label: t("keydoors.groups"), value: names } });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <Switch label={t("keydoors.own")} description={t("keydoors.own_help")} {...form.getInputProps("own_doors", { type: "checkbox" })} />
        <MultiSelect
          label={t("keydoors.groups")}
          placeholder={form.values.groups.length === 0 ? t("keydoors.groups_none") : undefined}
          data={groups.map((g) => ({ value: g.id, label: `${g.name} · ${scheduleWords(g.schedule)}` }))}
          maxValues={most}
          searchable
          hidePickedOptions
          disabled={groups.length === 0}
          nothingFoundMessage={t("accessgroups.none")}
          {...form.getInputProps("groups")}
        />
        {groups.length === 0 && (
          <p className="soft" style={{ margin: 0, lineHeight: 1.5 }}>
            {t("keydoors.groups_missing")}{" "}
            <Anchor component={Link} to={`/sites/${of.site}/access`}>
              {t("keydoors.groups_open")}
            </Anchor>
          </p>
        )}
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("act.save")} cancel={onDone} />
      </Stack>
    </form>
  );
}
