import { Button, Stack } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useConfirmEmail, useLink } from "../../api/account";
import { asProblem } from "../../api/problem";
import { Notice, SkeletonRows } from "../../parts/page";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";
import { tokenOf } from "../../words/policy";
import { WrongLink } from "./wronglink";

/** Shows by a link that an address is read. A press uses the link up, so programs that only look at links in mails do not. */
export default function Confirm() {
  const [token] = useState(() => tokenOf(window.location.hash));
  const link = useLink(token);
  const confirm = useConfirmEmail();
  if (confirm.isSuccess) {
    return (
      <Gate title={t("confirm.done")} lead={t("confirm.done_body")}>
        <Button component={Link} to="/" fullWidth>
          {t("confirm.on")}
        </Button>
      </Gate>
    );
  }
  if (!token || link.isError || (link.data && link.data.kind !== "email")) return <WrongLink error={link.error} />;
  if (!link.data) return <Gate title={t("confirm.title")}><SkeletonRows n={2} /></Gate>;
  return (
    <Gate title={t("confirm.title")} lead={t("confirm.lead", { email: link.data.email })}>
      <Stack gap="md">
        {confirm.isError && <Notice tone="bad">{asProblem(confirm.error).message}</Notice>}
        <Button onClick={() => confirm.mutate(token)} loading={confirm.isPending} fullWidth>
          {t("confirm.submit")}
        </Button>
      </Stack>
    </Gate>
  );
}
