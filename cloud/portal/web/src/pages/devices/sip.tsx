import { Button } from "@mantine/core";
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { useState } from "react";
import { showSIP } from "../../api/devices";
import { asProblem } from "../../api/problem";
import type { Device } from "../../api/types";
import { Copy } from "../../parts/copy";
import { Facts, Notice, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { t } from "../../text/t";
import css from "./devices.module.css";

/** The SIP account of a device; its password is fetched only when asked for, and not kept. */
export function SIPAccount({ site, device }: { site: string; device: Device }) {
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const show = async () => {
    setBusy(true);
    setProblem("");
    try {
      setPassword((await showSIP(site, device.id)).sip_password);
    } catch (err) {
      setProblem(asProblem(err).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel title={t("device.account")}>
      <Facts
        rows={[
          [t("device.sip"), <State tone={device.status.sip ? "ok" : "off"} word={t(device.status.sip ? "device.yes" : "device.no")} />],
          [
            t("device.sip_user"),
            <span className={css.secret}>
              <span className="mono">{device.sip_user}</span> <Copy value={device.sip_user} label={t("device.sip_user")} />
            </span>,
          ],
          [
            t("device.sip_password"),
            <span className={css.secret}>
              {password ? (
                <>
                  <span className="mono">{password}</span> <Copy value={password} label={t("device.sip_password")} />
                  <Button size="compact-sm" variant="subtle" leftSection={<IconEyeOff size={14} aria-hidden />} onClick={() => setPassword("")}>
                    {t("act.hide")}
                  </Button>
                </>
              ) : (
                <Button size="compact-sm" variant="default" loading={busy} leftSection={<IconEye size={14} aria-hidden />} onClick={show}>
                  {t("device.reveal")}
                </Button>
              )}
            </span>,
          ],
        ]}
      />
      {problem && <Notice tone="bad">{problem}</Notice>}
      <p className="soft" style={{ margin: "12px 0 0", fontSize: 13, lineHeight: 1.5 }}>
        {t("device.account_help")}
      </p>
    </Panel>
  );
}
