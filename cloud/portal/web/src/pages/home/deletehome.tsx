import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useDeleteHome } from "../../api/resets";
import { Panel } from "../../parts/page";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { AskPassword } from "../security/askpassword";

/** Deletes the account of the resident who moves out (PEOPLE-24); nothing for who may not. */
export function DeleteHome() {
  const may = useMay("home.delete");
  const remove = useDeleteHome();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  if (!may) return null;
  const act = async (password: string) => {
    await remove.mutateAsync(password);
    await navigate({ to: "/sign-in", replace: true });
  };
  return (
    <Panel title={t("homedelete.title")}>
      <p className="soft" style={{ margin: "0 0 14px", lineHeight: 1.55 }}>
        {t("homedelete.body")}
      </p>
      <Button variant="outline" color="red" onClick={() => setAsking(true)}>
        {t("homedelete.act")}
      </Button>
      <AskPassword opened={asking} title={t("homedelete.title")} body={t("homedelete.ask")} act={t("homedelete.act")} danger onClose={() => setAsking(false)} onPassword={act} />
    </Panel>
  );
}
