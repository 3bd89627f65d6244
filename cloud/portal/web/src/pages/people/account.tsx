import { Button, Select } from "@mantine/core";
import { useState } from "react";
import { useInvite, usePeopleAccounts, useTakeBack } from "../../api/managers";
import { asProblem } from "../../api/problem";
import type { Person } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Notice } from "../../parts/page";
import { State } from "../../parts/state";
import { t } from "../../text/t";
import { ResetPassword } from "./resetpassword";

const roles = ["resident", "family", "administrator"] as const;

/** The account of a person: none, invited or active, with the act that fits. */
export function AccountOfPerson({ site, person }: { site: string; person: Person }) {
  const accounts = usePeopleAccounts(site);
  const invite = useInvite(site);
  const take = useTakeBack(site);
  const [role, setRole] = useState<string>("resident");
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState("");
  const mine = accounts.data?.find((a) => a.person_id === person.id);
  const send = async () => {
    setProblem("");
    try {
      await invite.mutateAsync({ person: person.id, role });
    } catch (err) {
      setProblem(asProblem(err).message);
    }
  };
  if (!accounts.data) return null;
  return (
    <section aria-label={t("resident.account")} style={{ display: "grid", gap: 10, borderTop: "1px solid var(--v-line)", paddingTop: 16 }}>
      <div style={{ display: "flex", gap: 12, alignItems: "center" }}>
        <strong style={{ flex: 1 }}>{t("resident.account")}</strong>
        <State
          tone={mine ? (mine.activated ? "ok" : "warn") : "off"}
          word={mine ? (mine.activated ? t("resident.active") : t("resident.invited")) : t("resident.none")}
        />
      </div>
      {problem && <Notice tone="bad">{problem}</Notice>}
      {mine && (
        <div style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
          <ResetPassword site={site} person={person.id} name={`${person.first_name} ${person.last_name}`.trim()} />
          <Button variant="default" onClick={() => setAsking(true)}>
            {t("resident.take")}
          </Button>
        </div>
      )}
      {!mine && !person.email && <span className="soft">{t("resident.no_email")}</span>}
      {!mine && person.email && (
        <div style={{ display: "flex", gap: 8, alignItems: "flex-end" }}>
          <Select
            flex={1}
            label={t("resident.role")}
            allowDeselect={false}
            data={roles.map((r) => ({ value: r, label: t(`resident.${r}`) }))}
            value={role}
            onChange={(r) => setRole(r ?? "resident")}
          />
          <Button variant="default" loading={invite.isPending} onClick={send}>
            {t("resident.invite")}
          </Button>
        </div>
      )}
      <Confirm
        opened={asking}
        title={t("resident.take")}
        body={t("resident.take_ask", { name: `${person.first_name} ${person.last_name}` })}
        act={t("resident.take")}
        onClose={() => setAsking(false)}
        onConfirm={() => take.mutateAsync(person.id)}
      />
    </section>
  );
}
