import { Button } from "@mantine/core";
import { useState } from "react";
import { useAllowAddress, useSuppressions } from "../../api/mails";
import { Confirm } from "../../parts/confirm";
import { Panel } from "../../parts/page";
import { When } from "../../parts/when";
import { t } from "../../text/t";
import { serverWords } from "../../words/mail";
import css from "./mails.module.css";

/** The addresses that refused mail for good; nothing while there are none. */
export function Refused() {
  const list = useSuppressions();
  const allow = useAllowAddress();
  const [asking, setAsking] = useState("");
  if (!list.data || list.data.length === 0) return null;
  return (
    <Panel title={t("mails.stopped")}>
      <p className={css.way}>{t("mails.stopped_help")}</p>
      <ul className={css.addresses} aria-label={t("mails.stopped")}>
        {list.data.map((s) => (
          <li key={s.address} className={css.address}>
            <div>
              <strong>{s.address}</strong>
              <div className={css.why}>
                {serverWords(s.reason)} · <When at={s.created_at} />
              </div>
            </div>
            <Button variant="default" size="compact-sm" aria-label={`${t("mails.allow")}: ${s.address}`} onClick={() => setAsking(s.address)}>
              {t("mails.allow")}
            </Button>
          </li>
        ))}
      </ul>
      <Confirm
        opened={asking !== ""}
        title={t("mails.allow")}
        body={t("mails.allow_ask", { address: asking })}
        act={t("mails.allow")}
        onClose={() => setAsking("")}
        onConfirm={() => allow.mutateAsync(asking)}
      />
    </Panel>
  );
}
