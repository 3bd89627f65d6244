import { Button, Drawer, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPencil, IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useDepartments, useRemoveDepartment, useSaveDepartment, type Department, type DepartmentDraft } from "../../api/departments";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { ServedList } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty, Page, Panel } from "../../parts/page";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { useMay } from "../../shell/eyes";
import { t, tn } from "../../text/t";
import { errorAt, FloorsField } from "../people/fields";

/** The departments of an office (SITE-39). */
export default function Departments() {
  const { site } = useParams({ strict: false }) as { site: string };
  const url = useListURL({ name: "departments", sort: { key: "name", down: false }, sorts: ["name", "created"] });
  const departments = useDepartments(site, url);
  const may = useMay("sites.write");
  const [editing, setEditing] = useState<Department | "new">();
  const add = may && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing("new")}>
      {t("departments.new")}
    </Button>
  );
  const edit = (d: Department) => may && <EditButton name={d.name} onClick={() => setEditing(d)} />;
  const columns: Column<Department>[] = [
    { key: "name", title: t("departments.name"), cell: (d) => <span className={tableCSS.main}>{d.name}</span>, sorts: true },
    { key: "floors", title: t("departments.floors"), cell: floorsOf },
    { key: "people", title: t("departments.people"), cell: (d) => d.people },
    { key: "devices", title: t("departments.devices"), cell: (d) => d.devices },
    { key: "acts", title: "", cell: edit },
  ];
  return (
    <Page title={t("nav.departments")} acts={departments.data && (departments.data.total || url.narrowed) ? add : undefined}>
      <Panel flush>
        <ServedList
          of={departments} url={url} columns={columns} id={(d) => d.id} label={t("nav.departments")} find={t("departments.find")} none={t("departments.none")}
          empty={<Empty icon={<IconUsersGroup size={22} aria-hidden />} title={t("departments.empty")} body={t("departments.empty_body")} act={add} />}
          card={(d) => (
            <RowCard head={<><span className={tableCSS.main}>{d.name}</span>{edit(d)}</>}>
              <span>{floorsOf(d)}</span>
              <span className="soft">{`${tn("count.people", d.people)} · ${tn("count.devices", d.devices)}`}</span>
            </RowCard>
          )}
        />
      </Panel>
      <Drawer
        opened={Boolean(editing)}
        onClose={() => setEditing(undefined)}
        title={t(editing === "new" ? "departments.new" : "departments.edit")}
        closeButtonProps={{ "aria-label": t("act.close") }}
      >
        {editing && <DepartmentForm site={site} department={editing === "new" ? undefined : editing} onDone={() => setEditing(undefined)} />}
      </Drawer>
    </Page>
  );
}

export function EditButton({ name, onClick }: { name: string; onClick: () => void }) {
  return (
    <Button variant="default" size="compact-sm" leftSection={<IconPencil size={14} aria-hidden />} onClick={onClick} aria-label={`${t("act.edit")}: ${name}`}>
      {t("act.edit")}
    </Button>
  );
}

const floorWords = (floors: readonly string[]) => (floors.includes("all") ? t("departments.floors_all") : floors.join(", "));
const floorsOf = (d: Department) => floorWords(d.floors) || <span className="soft">–</span>;

/** The most floors of a department. */
const most = 10;

function DepartmentForm({ site, department, onDone }: { site: string; department?: Department; onDone: () => void }) {
  const save = useSaveDepartment(site);
  const remove = useRemoveDepartment(site);
  const form = useForm<DepartmentDraft>({
    mode: "controlled",
    initialValues: { id: department?.id, revision: department?.revision, name: department?.name ?? "", floors: department?.floors ?? [] },
  });
  const sending = useSending(form, async (draft) => {
    await save.mutateAsync(draft);
    onDone();
  }, { floors: { label: t("departments.floors"), value: floorWords } });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("departments.name")} data-autofocus maxLength={128} autoComplete="off" {...form.getInputProps("name")} />
        <FloorsField
          value={form.getValues().floors} onChange={(floors) => form.setFieldValue("floors", floors)} most={most} help={t("departments.floors_help")}
          error={errorAt(form.errors, "floors")}
        />
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={department ? t("act.save") : t("departments.new")}
          cancel={onDone}
          left={
            department && (
              <Remove
                of={department}
                act={t("departments.delete")}
                body={t("departments.delete_ask", { name: department.name })}
                onRemove={async (seen) => {
                  await remove.mutateAsync(seen);
                  onDone();
                }}
              />
            )
          }
        />
      </Stack>
    </form>
  );
}
