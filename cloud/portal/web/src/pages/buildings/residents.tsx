import { ActionIcon, Button } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useFamily } from "../../api/people";
import type { Apartment, Person } from "../../api/types";
import { Empty, Failed, Panel, SkeletonRows } from "../../parts/page";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { residentLines } from "../../words/homes";
import { EditPerson } from "../people/editperson";
import css from "./buildings.module.css";

/** Who lives in an apartment, the family master first, with what was set of each. */
export function Residents({ site, apartment }: { site: string; apartment: Apartment }) {
  const reads = useMay("people.read");
  const writes = useMay("people.write");
  const people = useFamily(site, reads ? apartment.id : "");
  const [editing, setEditing] = useState<Person | "new">();
  if (!reads) return null;
  const mine = [...(people.data ?? [])].sort((a, b) => Number(a.kind === "member") - Number(b.kind === "member"));
  const add = writes && (
    <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setEditing("new")}>
      {t("people.new")}
    </Button>
  );
  return (
    <Panel title={t("apartments.residents")} flush acts={add}>
      {!people.data && (people.isError ? <Failed error={people.error} again={() => void people.refetch()} /> : <SkeletonRows n={2} />)}
      {people.data && mine.length === 0 && <Empty small body={t("apartments.no_residents")} />}
      <ul className={css.rows}>
        {mine.map((p) => (
          <ResidentRow key={p.id} person={p} onEdit={writes ? () => setEditing(p) : undefined} />
        ))}
      </ul>
      <EditPerson site={site} apartment={apartment.id} person={editing === "new" ? undefined : editing} opened={Boolean(editing)} onClose={() => setEditing(undefined)} />
    </Panel>
  );
}

function ResidentRow({ person: p, onEdit }: { person: Person; onEdit?: () => void }) {
  const name = `${p.first_name} ${p.last_name}`.trim();
  return (
    <li>
      <span className={css.grow}>
        {name}
        <span className="soft"> · {t(p.kind === "member" ? "homes.member" : "homes.master")}</span>
        {residentLines(p).map((line) => (
          <span key={line} className={css.line}>
            {line}
          </span>
        ))}
      </span>
      {onEdit && (
        <ActionIcon variant="subtle" color="gray" aria-label={`${t("people.edit")}: ${name}`} onClick={onEdit}>
          <IconPencil size={16} />
        </ActionIcon>
      )}
    </li>
  );
}
