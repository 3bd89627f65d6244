import { ActionIcon, Button } from "@mantine/core";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useFamily, useRemovePerson } from "../../api/people";
import { useSite } from "../../api/sites";
import type { Person } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Empty, Failed, Panel, SkeletonRows } from "../../parts/page";
import { tableCSS } from "../../parts/table";
import { useMay } from "../../shell/eyes";
import { t, tn } from "../../text/t";
import { nameOf } from "../../words/names";
import { EditPerson } from "./editperson";
import css from "./people.module.css";
import { Active } from "./states";

/** The family members of a master: listed, added, changed and deleted (PEOPLE-12). */
export function FamilyPanel({ site, master }: { site: string; master: Person }) {
  const family = useFamily(site, master.apartment_id);
  const may = useMay("people.write");
  const deletes = useMay("people.delete");
  const remove = useRemovePerson(site);
  const waits = useWaits(site, master);
  const [editing, setEditing] = useState<Person | "new">();
  const [going, setGoing] = useState<Person>();
  const members = family.data?.filter((p) => p.kind === "member");
  const add = may && (
    <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} aria-hidden />} disabled={waits} onClick={() => setEditing("new")}>
      {t("person.new_member")}
    </Button>
  );
  return (
    <Panel title={t("person.family")} flush acts={add}>
      {!members && (family.isError ? <Failed error={family.error} again={() => void family.refetch()} /> : <SkeletonRows n={2} />)}
      {members && (waits || members.length === 0) && <Empty small body={waits ? t("person.family_waits", { name: nameOf(master) }) : none(master)} />}
      <ul className={css.rows} aria-label={t("person.family")}>
        {members?.map((p) => (
          <li key={p.id}>
            <span className={css.grow}>
              <Link to="/sites/$site/people/$person" params={{ site, person: p.id }} className={tableCSS.main}>
                {nameOf(p)}
              </Link>
              <span className="soft">{[p.email, p.phone].filter(Boolean).join(" · ")}</span>
            </span>
            <Active person={p} />
            <span className={css.acts}>
              {may && (
                <ActionIcon variant="subtle" color="gray" aria-label={t("person.edit_named", { name: nameOf(p) })} onClick={() => setEditing(p)}>
                  <IconPencil size={16} />
                </ActionIcon>
              )}
              {deletes && (
                <ActionIcon variant="subtle" color="red" aria-label={t("person.remove_named", { name: nameOf(p) })} onClick={() => setGoing(p)}>
                  <IconTrash size={16} />
                </ActionIcon>
              )}
            </span>
          </li>
        ))}
      </ul>
      <EditPerson
        site={site}
        apartment={master.apartment_id}
        kind={editing === "new" ? "member" : undefined}
        person={editing === "new" ? undefined : editing}
        opened={Boolean(editing)}
        onClose={() => setEditing(undefined)}
      />
      <Confirm
        opened={Boolean(going)}
        title={t("people.delete")}
        body={t("person.delete_ask", { name: going ? nameOf(going) : "" })}
        act={t("people.delete")}
        of={going as Person}
        onClose={() => setGoing(undefined)}
        onConfirm={(seen) => remove.mutateAsync(seen)}
      />
    </Panel>
  );
}

/** Whether a single-family home still waits for its user: members come after the account is activated (PEOPLE-10). */
function useWaits(site: string, { status }: Person): boolean {
  return useSite(site).data?.kind === "single" && status.active === "inactivated" && status.app === "unregistered";
}

/** What stands where no member is: how many the home has free (PEOPLE-11). */
function none({ status }: Person): string {
  return [t("person.family_none"), ...(status.home ? [tn("person.members_free", status.home.free_members)] : [])].join(" ");
}
