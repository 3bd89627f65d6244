import { Button } from "@mantine/core";
import { IconDoorOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Empty, Page, Panel } from "../parts/page";
import { t } from "../text/t";

/** What stands at an address that names nothing. */
export function Missing() {
  return (
    <Page title={t("missing.title")}>
      <Panel>
        <Empty
          icon={<IconDoorOff size={22} aria-hidden />}
          body={t("missing.body")}
          act={
            <Button component={Link} to="/">
              {t("missing.act")}
            </Button>
          }
        />
      </Panel>
    </Page>
  );
}
