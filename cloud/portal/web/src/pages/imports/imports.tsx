import { Anchor, Button, FileButton, Menu } from "@mantine/core";
import { IconChevronDown, IconFileSpreadsheet, IconTableExport, IconTemplate } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState, type DragEvent } from "react";
import { fileURL, useImports, useUpload, type Import } from "../../api/imports";
import { asProblem } from "../../api/problem";
import { useSite } from "../../api/sites";
import { Empty, Failed, Notice, Page, Panel, Panels, SkeletonRows } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, Table, tableCSS, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { language } from "../../text/language";
import { t, tn, word } from "../../text/t";
import { phaseTone, rowsIn } from "../../words/imports";
import { BulkEdit } from "./bulk";
import css from "./imports.module.css";

/** Spreadsheets in and out of a site: a file becomes a plan, everything can be exported, many homes are changed at once. */
export default function Imports() {
  const { site } = useParams({ strict: false }) as { site: string };
  const kind = useSite(site).data?.kind;
  const [bulk, setBulk] = useState(false);
  return (
    <Page
      title={t("imports.title")}
      under={<span>{t("imports.lead")}</span>}
      acts={
        <>
          <Download site={site} what="template" />
          <Download site={site} what="export" />
        </>
      }
    >
      <Panels>
        <Drop site={site} />
        {kind === "community" && (
          <Panel title={t("imports.bulk")} acts={<Button variant="default" onClick={() => setBulk(true)}>{t("imports.bulk")}</Button>}>
            <span className="soft">{t("imports.bulk_help")}</span>
          </Panel>
        )}
        <History site={site} />
      </Panels>
      <BulkEdit site={site} opened={bulk} onClose={() => setBulk(false)} />
    </Page>
  );
}

function Download({ site, what }: { site: string; what: "template" | "export" }) {
  const icon = what === "template" ? <IconTemplate size={18} aria-hidden /> : <IconTableExport size={18} aria-hidden />;
  const file = (format: "xlsx" | "csv") => (
    <Menu.Item component="a" href={fileURL(site, what, format, language() === "de" ? "de" : "en")} download>
      {t(`imports.${format}`)}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={icon} rightSection={<IconChevronDown size={16} aria-hidden />}>
          {t(`imports.${what}`)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t(`imports.${what}_help`)}</Menu.Label>
        {file("xlsx")}
        {file("csv")}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Where a file is dropped or chosen. */
function Drop({ site }: { site: string }) {
  const upload = useUpload(site);
  const go = useNavigate();
  const [over, setOver] = useState(false);
  const take = (file: File | null | undefined) => {
    if (!file || upload.isPending) return;
    upload.mutate(file, { onSuccess: (plan) => void go({ to: "/sites/$site/imports/$import", params: { site, import: plan.id } as never }) });
  };
  const drop = (e: DragEvent) => {
    e.preventDefault();
    setOver(false);
    take(e.dataTransfer.files[0]);
  };
  const problem = upload.error && asProblem(upload.error);
  return (
    <section
      className={css.drop}
      aria-label={t("imports.drop")}
      data-over={over || undefined}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <IconFileSpreadsheet size={32} aria-hidden />
      <h2>{upload.isPending ? t("imports.reading", { name: upload.variables.name }) : t("imports.drop")}</h2>
      <p className="soft">{t("imports.drop_help")}</p>
      <FileButton onChange={take} accept=".xlsx,.csv,.txt,text/csv">
        {(props) => (
          <Button loading={upload.isPending} {...props}>
            {t("imports.choose")}
          </Button>
        )}
      </FileButton>
      {problem && (
        <div className={css.dropProblem}>
          <Notice tone="bad">{problem.fields["file"] ?? problem.message}</Notice>
        </div>
      )}
    </section>
  );
}

function History({ site }: { site: string }) {
  const imports = useImports(site);
  const columns: Column<Import>[] = [
    { key: "name", title: t("imports.name"), cell: (i) => <Named site={site} of={i} /> },
    { key: "state", title: t("imports.state"), cell: (i) => <State tone={phaseTone(i.phase)} word={word("imports", `phase_${i.phase}`)} /> },
    { key: "rows", title: t("imports.rows"), cell: rowsIn },
    { key: "who", title: t("imports.who"), cell: (i) => i.by },
    { key: "when", title: t("imports.when"), cell: (i) => <When at={i.made_at} /> },
  ];
  return (
    <Panel title={t("imports.history")} flush>
      {imports.isError ? (
        <Failed error={imports.error} again={() => void imports.refetch()} />
      ) : !imports.data ? (
        <SkeletonRows n={3} />
      ) : imports.data.length === 0 ? (
        <Empty small body={t("imports.none")} />
      ) : (
        <Table
          rows={imports.data}
          columns={columns}
          id={(i) => i.id}
          label={t("imports.history")}
          linked
          card={(i) => (
            <RowCard
              head={
                <>
                  <Named site={site} of={i} />
                  <State tone={phaseTone(i.phase)} word={word("imports", `phase_${i.phase}`)} />
                </>
              }
            >
              <span className="soft">
                {tn("imports.has", i.counts.rows)} · {i.by} · <When at={i.made_at} />
              </span>
            </RowCard>
          )}
        />
      )}
    </Panel>
  );
}

function Named({ site, of: i }: { site: string; of: Import }) {
  return (
    <Anchor underline="always" className={tableCSS.main} component={Link} to="/sites/$site/imports/$import" params={{ site, import: i.id } as never}>
      {i.name || t("imports.bulk_name")}
    </Anchor>
  );
}
