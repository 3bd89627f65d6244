import { Button, Checkbox, Drawer, Select, Stack, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useBuildings } from "../../api/buildings";
import { useHomes } from "../../api/homes";
import { useBulk, useSheetForm } from "../../api/imports";
import { asProblem } from "../../api/problem";
import { Notice } from "../../parts/page";
import { language } from "../../text/language";
import { t, tn } from "../../text/t";
import css from "./imports.module.css";

/** Sets some fields of many homes: pick the homes, pick the values, read the plan. */
export function BulkEdit({ site, opened, onClose }: { site: string; opened: boolean; onClose: () => void }) {
  return (
    <Drawer opened={opened} onClose={onClose} size={480} title={t("imports.bulk")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {opened && <BulkForm site={site} />}
    </Drawer>
  );
}

const most = 100;

function BulkForm({ site }: { site: string }) {
  const [building, setBuilding] = useState("");
  const [find, setFind] = useState("");
  const [picked, setPicked] = useState<Set<string>>(new Set());
  const [set, setSet] = useState<Record<string, string>>({});
  const [missing, setMissing] = useState(false);
  const buildings = useBuildings(site);
  const homes = useHomes(site, building, true);
  const form = useSheetForm(site, language() === "de" ? "de" : "en");
  const bulk = useBulk(site);
  const go = useNavigate();
  const fits = (homes.data ?? []).filter((h) => !find || `${h.number} ${h.name}`.toLowerCase().includes(find.toLowerCase()));
  const whole = fits.length > 0 && fits.every((h) => picked.has(h.id));
  const pick = (ids: string[], on: boolean) => {
    const next = new Set(picked);
    ids.forEach((id) => (on ? next.add(id) : next.delete(id)));
    setPicked(next);
  };
  const submit = () => {
    const values = Object.fromEntries(Object.entries(set).filter(([, v]) => v !== ""));
    if (picked.size === 0 || Object.keys(values).length === 0) return setMissing(true);
    bulk.mutate({ apartments: [...picked], set: values }, {
      onSuccess: (plan) => void go({ to: "/sites/$site/imports/$import", params: { site, import: plan.id } as never }),
    });
  };
  return (
    <Stack gap="md">
      <Select
        label={t("imports.bulk_building")}
        data={[{ value: "", label: t("imports.bulk_everywhere") }, ...(buildings.data ?? []).map((b) => ({ value: b.id, label: b.name }))]}
        value={building}
        onChange={(v) => setBuilding(v ?? "")}
        allowDeselect={false}
        searchable
      />
      <TextInput label={t("imports.bulk_find")} value={find} onChange={(e) => setFind(e.currentTarget.value)} />
      <Checkbox label={`${t("imports.bulk_all")} (${fits.length.toLocaleString()})`} checked={whole} indeterminate={!whole && fits.some((h) => picked.has(h.id))} onChange={(e) => pick(fits.map((h) => h.id), e.currentTarget.checked)} />
      <ul className={css.homes}>
        {fits.slice(0, most).map((h) => (
          <li key={h.id}>
            <Checkbox label={`${h.number} ${h.name} · ${h.building}`} checked={picked.has(h.id)} onChange={(e) => pick([h.id], e.currentTarget.checked)} />
          </li>
        ))}
        {fits.length > most && <li className="soft">{t("imports.bulk_more", { n: fits.length - most })}</li>}
      </ul>
      <strong role="status">{tn("imports.bulk_homes", picked.size)}</strong>
      <fieldset className={css.fields}>
        <legend>{t("imports.bulk_fields")}</legend>
        <p className="soft">{t("imports.bulk_keep")}</p>
        {form.data?.columns.filter((c) => c.bulk).map((c) =>
          c.options.length > 0 ? (
            <Select key={c.key} label={c.title} data={c.options} value={set[c.key] || null} onChange={(v) => setSet({ ...set, [c.key]: v ?? "" })} clearable />
          ) : (
            <TextInput key={c.key} label={c.title} description={c.hint} value={set[c.key] ?? ""} onChange={(e) => setSet({ ...set, [c.key]: e.currentTarget.value })} />
          ),
        )}
      </fieldset>
      {missing && <Notice tone="warn">{t("imports.bulk_none")}</Notice>}
      {bulk.error && <Notice tone="bad">{asProblem(bulk.error).message}</Notice>}
      <Button onClick={submit} loading={bulk.isPending}>{t("imports.bulk_plan")}</Button>
    </Stack>
  );
}
