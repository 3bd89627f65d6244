import { Button, Stack } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { asProblem } from "../../api/problem";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";

/** What stands where a link opens nothing: the same words for every reason. */
export function WrongLink({ error }: { error?: unknown }) {
  const p = error ? asProblem(error) : undefined;
  return (
    <Gate title={t("link.wrong")} lead={p && p.status !== 410 ? p.message : t("link.wrong_body")}>
      <Stack gap="sm">
        <Button component={Link} to="/reset" fullWidth>
          {t("link.again")}
        </Button>
        <Button component={Link} to="/sign-in" variant="default" fullWidth>
          {t("setup.to_sign_in")}
        </Button>
      </Stack>
    </Gate>
  );
}
