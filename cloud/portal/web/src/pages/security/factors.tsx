import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useMe } from "../../api/account";
import { asProblem } from "../../api/problem";
import { useRemoveTOTP, useRenewRecovery, useSetEmailFactor, type Factors } from "../../api/security";
import { Notice, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { t, tn } from "../../text/t";
import { AskPassword } from "./askpassword";
import { ShowCodes } from "./recovery";
import css from "./security.module.css";
import { SetUpTOTP } from "./totp";

/** Code by mail, authenticator and recovery codes. */
export function FactorsPanel({ factors }: { factors: Factors }) {
  const [codes, setCodes] = useState<string[]>();
  return (
    <Panel title={t("factor.title")}>
      <p className={css.lead}>{t("factor.lead")}</p>
      {factors.required && (
        <div style={{ marginBottom: 12 }}>
          <Notice tone="warn">{t("factor.required")}</Notice>
        </div>
      )}
      <ul className={css.rows}>
        <EmailRow factors={factors} />
        <TOTPRow factors={factors} onCodes={setCodes} />
        {factors.totp && <RecoveryRow factors={factors} onCodes={setCodes} />}
      </ul>
      <ShowCodes codes={codes} onClose={() => setCodes(undefined)} />
    </Panel>
  );
}

function Row({ name, body, state, acts }: { name: string; body: string; state: ReactNode; acts: ReactNode }) {
  return (
    <li className={css.row}>
      <div className={css.what}>
        <strong>{name}</strong>
        <span className="soft">{body}</span>
      </div>
      {state}
      <div className={css.acts}>{acts}</div>
    </li>
  );
}

const onOff = (on: boolean) => <State tone={on ? "ok" : "off"} word={t(on ? "security.on" : "security.off")} />;

function EmailRow({ factors }: { factors: Factors }) {
  const me = useMe().data as { email?: string } | undefined;
  const set = useSetEmailFactor();
  const [asking, setAsking] = useState(false);
  const implied = !factors.email && factors.required && !factors.totp;
  const act = factors.email ? (
    <Button variant="default" onClick={() => setAsking(true)} aria-label={t("factor.email_off")}>
      {t("factor.turn_off")}
    </Button>
  ) : (
    <Button variant="default" disabled={!me?.email} loading={set.isPending} onClick={() => set.mutate({ on: true })} aria-label={`${t("factor.turn_on")}: ${t("factor.email")}`}>
      {t("factor.turn_on")}
    </Button>
  );
  return (
    <>
      <Row
        name={t("factor.email")}
        body={me?.email ? t("factor.email_body", { address: me.email }) : t("factor.email_none")}
        state={implied ? <State tone="ok" word={t("factor.email_used")} /> : onOff(factors.email)}
        acts={act}
      />
      {set.isError && !asking && <Notice tone="bad">{asProblem(set.error).message}</Notice>}
      <AskPassword
        opened={asking}
        title={t("factor.email_off")}
        body={t("factor.email_off_body")}
        act={t("factor.turn_off")}
        onClose={() => setAsking(false)}
        onPassword={(password) => set.mutateAsync({ on: false, password })}
      />
    </>
  );
}

function TOTPRow({ factors, onCodes }: { factors: Factors; onCodes: (codes: string[]) => void }) {
  const remove = useRemoveTOTP();
  const [open, setOpen] = useState<"setup" | "remove">();
  const act = factors.totp ? (
    <Button variant="default" onClick={() => setOpen("remove")} aria-label={t("factor.totp_off")}>
      {t("factor.remove")}
    </Button>
  ) : (
    <Button onClick={() => setOpen("setup")} aria-label={t("factor.totp_title")}>
      {t("factor.totp_start")}
    </Button>
  );
  return (
    <>
      <Row name={t("factor.totp")} body={t("factor.totp_body")} state={onOff(factors.totp)} acts={act} />
      <SetUpTOTP opened={open === "setup"} onClose={() => setOpen(undefined)} onCodes={onCodes} />
      <AskPassword
        opened={open === "remove"}
        title={t("factor.totp_off")}
        body={t("factor.totp_off_body")}
        act={t("factor.remove")}
        onClose={() => setOpen(undefined)}
        onPassword={(password) => remove.mutateAsync(password)}
      />
    </>
  );
}

function RecoveryRow({ factors, onCodes }: { factors: Factors; onCodes: (codes: string[]) => void }) {
  const renew = useRenewRecovery();
  const [asking, setAsking] = useState(false);
  const few = factors.recovery_left <= 3;
  return (
    <>
      <Row
        name={t("factor.recovery")}
        body={few ? t("factor.recovery_few") : t("factor.recovery_body")}
        state={<State tone={few ? "warn" : "ok"} word={tn("factor.recovery_left", factors.recovery_left)} />}
        acts={
          <Button variant="default" onClick={() => setAsking(true)}>
            {t("factor.recovery_new")}
          </Button>
        }
      />
      <AskPassword
        opened={asking}
        title={t("factor.recovery_new")}
        body={t("factor.recovery_new_body")}
        act={t("factor.recovery_new")}
        onClose={() => setAsking(false)}
        onPassword={async (password) => onCodes((await renew.mutateAsync(password)).recovery_codes)}
      />
    </>
  );
}
