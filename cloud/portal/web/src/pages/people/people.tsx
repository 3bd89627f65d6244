import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { usePeoplePage } from "../../api/people";
import { useSite } from "../../api/sites";
import type { Person, Site } from "../../api/types";
import { ServedList } from "../../parts/list";
import { useListURL } from "../../parts/listurl";
import { Page, Panel, SkeletonRows } from "../../parts/page";
import { WalkLine } from "../../parts/walk";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { PersonCard, columnsOf, useFilters } from "./columns";
import { EditPerson } from "./editperson";
import { NoPeople } from "./nopeople";
import { SingleHome } from "./singlehome";

/** Everybody who lives or works at a site; of a single-family home its user with the family. */
export default function People() {
  const { site } = useParams({ from: "/inside/sites/$site/people" });
  const head = useSite(site).data;
  if (!head) {
    return (
      <Page title={t("people.title")}>
        <SkeletonRows />
      </Page>
    );
  }
  return head.kind === "single" ? <SingleHome site={head} /> : <PeopleOf site={head} key={site} />;
}

/** The list of a community, an office or a commercial site (PEOPLE-17, PEOPLE-31). */
function PeopleOf({ site }: { site: Site }) {
  const community = site.kind === "community";
  const filters = useFilters(site);
  const url = useListURL({
    name: `people-${site.kind}`, sort: { key: "name", down: false }, sorts: community ? ["name", "apartment", "created"] : ["name", "staff_id", "created"],
    filters: filters.map((f) => f.key),
  });
  const people = usePeoplePage(site.id, url);
  const [editing, setEditing] = useState<Person | "new">();
  const may = useMay("people.write");
  const add = may && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEditing("new")}>
      {t("people.new")}
    </Button>
  );
  const rows = { site: site.id, may, onEdit: setEditing };
  return (
    <Page title={t("people.title")} acts={people.data?.total || url.narrowed ? add : undefined}>
      <WalkLine site={site.id} fresh />
      <Panel flush>
        <ServedList
          of={people}
          url={url}
          columns={columnsOf(site.kind, rows)}
          id={(p) => p.id}
          label={t("people.title")}
          find={t(community ? "person.find_community" : "person.find_works")}
          filters={filters}
          none={t("people.none")}
          linked
          empty={<NoPeople site={site} act={add} />}
          card={(p) => <PersonCard person={p} kind={site.kind} {...rows} />}
        />
      </Panel>
      <EditPerson site={site.id} person={editing === "new" ? undefined : editing} opened={Boolean(editing)} onClose={() => setEditing(undefined)} />
    </Page>
  );
}
