import { Button, Group, Stack } from "@mantine/core";
import { useState } from "react";
import { useAssign, useSiteManagers } from "../../api/managers";
import { t } from "../../text/t";
import { Assigned } from "../settings/managers";
import { ManagerForm } from "./editmanager";

/** The step of a new site that asks for its manager, now or later (PM-06). */
export function ManagerStep({ site, onDone }: { site: string; onDone: () => void }) {
  const [making, setMaking] = useState(false);
  const assign = useAssign(site);
  const some = (useSiteManagers(site).data?.items.length ?? 0) > 0;
  if (making) {
    return <ManagerForm bare onClose={() => setMaking(false)} onMade={(m) => assign.mutate({ account: m.id, body: {} })} />;
  }
  return (
    <Stack gap="md">
      <h2 style={{ margin: 0, fontSize: 16 }}>{t("managers.step")}</h2>
      <Assigned site={site} />
      <Group justify="space-between">
        <Button variant="default" onClick={() => setMaking(true)}>
          + {t("managers.new")}
        </Button>
        <Button variant={some ? "filled" : "default"} onClick={onDone}>
          {some ? t("managers.done") : t("managers.later")}
        </Button>
      </Group>
    </Stack>
  );
}
