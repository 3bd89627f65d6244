import { Button } from "@mantine/core";
import { useState } from "react";
import { useInvite, useTakeBack } from "../../api/managers";
import { asProblem } from "../../api/problem";
import type { Person } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Notice, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { nameOf } from "../../words/names";
import css from "./people.module.css";
import { ResetPassword } from "./resetpassword";

const tones = { none: "off", invited: "warn", active: "ok" } as const;

/** The account of a person: none, invited or active, with the act that fits. What it may do follows from what the person is. */
export function AccountOfPerson({ site, person }: { site: string; person: Person }) {
  const may = useMay("residents.write");
  const invite = useInvite(site);
  const take = useTakeBack(site);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState("");
  const state = person.status.account;
  const send = async () => {
    setProblem("");
    try {
      await invite.mutateAsync({ person: person.id, role: "" });
    } catch (err) {
      setProblem(asProblem(err).message);
    }
  };
  return (
    <Panel title={t("resident.account")} acts={<State tone={tones[state]} word={t(`resident.${state}`)} />}>
      <div className={css.stack}>
        {problem && <Notice tone="bad">{problem}</Notice>}
        {!may && state === "none" && <span className="soft">{t("person.no_account")}</span>}
        {may && state === "none" && !person.email && <span className="soft">{t("resident.no_email")}</span>}
        {may && state === "none" && person.email && (
          <div className={css.line}>
            <span className={`soft ${css.grow}`}>{t("person.invite_help", { email: person.email })}</span>
            <Button variant="default" loading={invite.isPending} onClick={send}>
              {t("resident.invite")}
            </Button>
          </div>
        )}
        {may && state !== "none" && (
          <div className={css.line}>
            <ResetPassword site={site} person={person.id} name={nameOf(person)} />
            <Button variant="default" onClick={() => setAsking(true)}>
              {t("resident.take")}
            </Button>
          </div>
        )}
      </div>
      <Confirm
        opened={asking}
        title={t("resident.take")}
        body={t("resident.take_ask", { name: nameOf(person) })}
        act={t("resident.take")}
        onClose={() => setAsking(false)}
        onConfirm={() => take.mutateAsync(person.id)}
      />
    </Panel>
  );
}
