import { Anchor, Button, Drawer } from "@mantine/core";
import { IconBarcode, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMACs, useRemoveMAC, type LibraryMAC } from "../../api/macs";
import { useOrgs } from "../../api/orgs";
import { Confirm } from "../../parts/confirm";
import { ServedList, type Choice } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Empty, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, tableCSS, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { useEyes } from "../../shell/eyes";
import { t, word } from "../../text/t";
import { RegisterMACs } from "./register";

/** The MAC library: what may be added to sites, and what is in use. A distributor sees those of its installers. */
export default function MACs() {
  const eyes = useEyes();
  const above = eyes.rights.includes("orgs.read");
  const url = useListURL({ name: "macs", sort: { key: "mac", down: false }, sorts: ["mac", "created"], filters: ["bound", "org"] });
  const macs = useMACs(url);
  const remove = useRemoveMAC();
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<string>();
  const add = eyes.rights.includes("macs.write") && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
      {t("macs.add")}
    </Button>
  );
  const acts = (m: LibraryMAC) =>
    !m.bound && eyes.rights.includes("macs.write") ? (
      <Button size="compact-sm" variant="subtle" color="red" onClick={() => setEnding(m.mac)} aria-label={`${t("macs.remove")} ${m.mac}`}>
        {t("macs.remove")}
      </Button>
    ) : null;
  const columns: Column<LibraryMAC>[] = [
    { key: "mac", title: t("macs.mac"), cell: (m) => <span className={`mono ${tableCSS.main}`}>{m.mac}</span>, sorts: true },
    { key: "bound", title: t("macs.bound"), cell: boundOf },
    ...(above
      ? [{ key: "org", title: t("macs.org"), cell: (m: LibraryMAC) => m.org.name }]
      : [
          { key: "device", title: t("macs.device"), cell: (m: LibraryMAC) => <DeviceLink mac={m} /> },
          { key: "site", title: t("macs.site"), cell: (m: LibraryMAC) => <span className="soft">{m.device?.site.name}</span> },
        ]),
    { key: "origin", title: t("macs.origin"), cell: (m) => word("macs", `origin_${m.origin}`) },
    { key: "created", title: t("macs.added_at"), cell: (m) => <When at={m.added_at} />, sorts: true },
    { key: "acts", title: "", cell: acts },
  ];
  return (
    <Page title={t("macs.title")} under={<span>{t(above ? "macs.lead_above" : "macs.lead")}</span>} acts={macs.data && (macs.data.total || url.narrowed) ? add : undefined}>
      <Panel flush>
        <ServedList
          of={macs}
          url={url}
          columns={columns}
          id={(m) => m.mac}
          label={t("macs.title")}
          find={t("macs.find")}
          filters={useFilters(above)}
          none={t("macs.none")}
          empty={<Empty icon={<IconBarcode size={22} aria-hidden />} title={t("macs.empty")} body={t("macs.empty_body")} act={add} />}
          card={(m) => (
            <RowCard
              head={
                <>
                  <span className={`mono ${tableCSS.main}`}>{m.mac}</span>
                  {boundOf(m)}
                </>
              }
            >
              {above && <span>{m.org.name}</span>}
              {m.device && (
                <span>
                  <DeviceLink mac={m} /> <span className="soft">· {m.device.site.name}</span>
                </span>
              )}
              <span className="soft">{word("macs", `origin_${m.origin}`)}</span>
              {acts(m)}
            </RowCard>
          )}
        />
      </Panel>
      <Drawer opened={adding} onClose={() => setAdding(false)} size={480} title={t("macs.add")} closeButtonProps={{ "aria-label": t("act.close") }}>
        {adding && <RegisterMACs above={above} start={url.filters["org"] ?? ""} onDone={() => setAdding(false)} />}
      </Drawer>
      <Confirm
        opened={Boolean(ending)}
        title={t("macs.remove_title", { mac: ending ?? "" })}
        body={t("macs.remove_body")}
        act={t("macs.remove")}
        onClose={() => setEnding(undefined)}
        onConfirm={() => remove.mutateAsync(ending ?? "")}
      />
    </Page>
  );
}

const boundOf = (m: LibraryMAC) => <State tone={m.bound ? "ok" : "off"} word={t(m.bound ? "macs.bound_yes" : "macs.bound_no")} />;

function DeviceLink({ mac: { device } }: { mac: LibraryMAC }) {
  if (!device) return null;
  return (
    <Anchor underline="always" component={Link} to="/sites/$site/devices/$device" params={{ site: device.site.id, device: device.id } as never}>
      {device.name}
    </Anchor>
  );
}

function useFilters(above: boolean): Choice[] {
  const bound: Choice = {
    key: "bound", label: t("macs.bound"), options: [{ value: "yes", label: t("macs.bound_yes") }, { value: "no", label: t("macs.bound_no") }],
  };
  const orgs = useOrgs(above);
  const installers = (orgs.data ?? []).filter((o) => o.kind === "installer").map((o) => ({ value: o.id, label: o.name }));
  return above ? [{ key: "org", label: t("macs.org"), options: installers }, bound] : [bound];
}
