import { Button } from "@mantine/core";
import { IconAddressBook, IconPencil, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useApartment } from "../../api/apartments";
import { useMasters, usePerson } from "../../api/people";
import type { Site } from "../../api/types";
import { Empty, Failed, Page, Panel, Panels, SkeletonRows } from "../../parts/page";
import { WalkLine } from "../../parts/walk";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { nameOf } from "../../words/names";
import { EditPerson } from "./editperson";
import { PersonPanels } from "./person";
import { RegistrationPanel } from "./registration";
import { ResetHome } from "./reset";

/** Who lives in a single-family home: its user with everything that is the user's, and the family (PEOPLE-01, PEOPLE-09). */
export function SingleHome({ site }: { site: Site }) {
  const masters = useMasters(site.id);
  const first = masters.data?.[0];
  const master = usePerson(site.id, first?.id).data;
  const home = useApartment(site.id, first?.apartment_id).data;
  const may = useMay("people.write");
  const [editing, setEditing] = useState(false);
  const act = may && (
    <Button variant={first ? "default" : undefined} leftSection={first ? <IconPencil size={18} aria-hidden /> : <IconPlus size={18} aria-hidden />} onClick={() => setEditing(true)}>
      {t(first ? "act.edit" : "people.new")}
    </Button>
  );
  return (
    <Page
      title={master ? nameOf(master) : t("people.title")}
      acts={
        first && (
          <>
            <ResetHome site={site.id} apartment={first.apartment_id} />
            {act}
          </>
        )
      }
    >
      <WalkLine site={site.id} fresh />
      {masters.isError && !masters.data && <Failed error={masters.error} again={() => void masters.refetch()} />}
      {masters.data && !first && (
        <Panel flush>
          <Empty icon={<IconAddressBook size={22} aria-hidden />} title={t("person.empty_single")} body={t("person.empty_single_body")} act={act} />
        </Panel>
      )}
      {master && (
        <Panels>
          <PersonPanels site={site.id} person={master} />
          {home && <RegistrationPanel site={site.id} apartment={home} />}
        </Panels>
      )}
      {!master && (first || masters.isPending) && <SkeletonRows />}
      <EditPerson site={site.id} person={first} opened={editing} onClose={() => setEditing(false)} />
    </Page>
  );
}
