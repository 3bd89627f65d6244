import { Button, Drawer, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconBriefcase, IconPlus } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useCompanies, useRemoveCompany, useSaveCompany, type Company, type CompanyDraft } from "../../api/companies";
import { useSite } from "../../api/sites";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import { ServedList } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty, Page, Panel } from "../../parts/page";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { useMay } from "../../shell/eyes";
import { t, tn } from "../../text/t";
import { EditButton } from "../departments/departments";

/** The companies of a commercial site (SITE-37); a single-company site has one, which stays (SITE-30). */
export default function Companies() {
  const { site } = useParams({ strict: false }) as { site: string };
  const one = useSite(site).data?.form.variant === "single_company";
  const url = useListURL({ name: "companies", sort: { key: "name", down: false }, sorts: ["name", "created"] });
  const companies = useCompanies(site, url);
  const may = useMay("sites.write");
  const [editing, setEditing] = useState<Company | "new">();
  const add = may && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing("new")}>
      {t("companies.new")}
    </Button>
  );
  const edit = (c: Company) => may && <EditButton name={c.name} onClick={() => setEditing(c)} />;
  const columns: Column<Company>[] = [
    { key: "name", title: t("companies.name"), cell: (c) => <span className={tableCSS.main}>{c.name}</span>, sorts: true },
    { key: "people", title: t("companies.people"), cell: (c) => c.people },
    { key: "devices", title: t("companies.devices"), cell: (c) => c.devices },
    { key: "acts", title: "", cell: edit },
  ];
  const listed = companies.data && (companies.data.total || url.narrowed);
  return (
    <Page title={t("nav.companies")} under={one && <span>{t("companies.one")}</span>} acts={listed && !one ? add : undefined}>
      <Panel flush>
        <ServedList
          of={companies} url={url} columns={columns} id={(c) => c.id} label={t("nav.companies")} find={one ? undefined : t("companies.find")} none={t("companies.none")}
          empty={<Empty icon={<IconBriefcase size={22} aria-hidden />} title={t("companies.empty")} body={t("companies.empty_body")} act={add} />}
          card={(c) => (
            <RowCard head={<><span className={tableCSS.main}>{c.name}</span>{edit(c)}</>}>
              <span className="soft">{`${tn("count.people", c.people)} · ${tn("count.devices", c.devices)}`}</span>
            </RowCard>
          )}
        />
      </Panel>
      <Drawer
        opened={Boolean(editing)}
        onClose={() => setEditing(undefined)}
        title={t(editing === "new" ? "companies.new" : "companies.edit")}
        closeButtonProps={{ "aria-label": t("act.close") }}
      >
        {editing && <CompanyForm site={site} company={editing === "new" ? undefined : editing} stays={one} onDone={() => setEditing(undefined)} />}
      </Drawer>
    </Page>
  );
}

function CompanyForm({ site, company, stays, onDone }: { site: string; company?: Company; stays: boolean; onDone: () => void }) {
  const save = useSaveCompany(site);
  const remove = useRemoveCompany(site);
  const form = useForm<CompanyDraft>({ mode: "controlled", initialValues: { id: company?.id, revision: company?.revision, name: company?.name ?? "" } });
  const sending = useSending(form, async (draft) => {
    await save.mutateAsync(draft);
    onDone();
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("companies.name")} data-autofocus maxLength={128} autoComplete="off" {...form.getInputProps("name")} />
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={company ? t("act.save") : t("companies.new")}
          cancel={onDone}
          left={
            company &&
            !stays && (
              <Remove
                of={company}
                act={t("companies.delete")}
                body={t("companies.delete_ask", { name: company.name })}
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
