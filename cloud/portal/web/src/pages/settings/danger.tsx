import { Button, Stack, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { asProblem, Conflict } from "../../api/problem";
import { useRemoveSite } from "../../api/sites";
import type { Site } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Notice, Panel } from "../../parts/page";
import { t, tn } from "../../text/t";

/** What a site holds, in words; empty when there is nothing. */
function held({ counts }: Site): string[] {
  const { apartments, people, devices, agents, buildings } = counts;
  const all = [["buildings", buildings], ["apartments", apartments], ["people", people], ["devices", devices], ["agents", agents]] as const;
  return all.filter(([, n]) => n > 0).map(([noun, n]) => tn(`count.${noun}`, n));
}

/** Deletes the site: one that holds something wants its name typed, an empty one is asked for once (SITE-03). */
export function Danger({ site }: { site: Site }) {
  const remove = useRemoveSite(site.id);
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const holds = held(site);
  const gone = async (revision: number | undefined, confirm?: string) => {
    await remove.mutateAsync({ revision, confirm });
    await navigate({ to: "/sites", search: { kind: site.kind } as never });
  };
  return (
    <Panel title={t("settings.danger")}>
      <Stack gap="md">
        <p style={{ margin: 0, lineHeight: 1.55 }} className="soft">
          {holds.length > 0 && `${t("settings.holds", { what: holds.join(", ") })} `}
          {t("settings.danger_body")}
        </p>
        {holds.length > 0 ? (
          <Typed site={site} gone={gone} busy={remove.isPending} />
        ) : (
          <div>
            <Button color="red" onClick={() => setAsking(true)}>
              {t("settings.delete")}
            </Button>
          </div>
        )}
      </Stack>
      <Confirm
        opened={asking}
        title={t("settings.delete")}
        body={t("settings.delete_ask", { name: site.name })}
        act={t("settings.delete")}
        onClose={() => setAsking(false)}
        of={{ id: site.id, revision: site.revision }}
        onConfirm={(seen) => gone(seen.revision)}
      />
    </Panel>
  );
}

function Typed({ site, gone, busy }: { site: Site; gone: (revision: number, confirm: string) => Promise<unknown>; busy: boolean }) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState("");
  const go = async () => {
    setProblem("");
    try {
      await gone(site.revision, typed);
    } catch (err) {
      setProblem(err instanceof Conflict ? t("conflict.title") : asProblem(err).message);
    }
  };
  return (
    <>
      <TextInput label={t("settings.delete_type", { name: site.name })} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} autoComplete="off" />
      {problem && <Notice tone="bad">{problem}</Notice>}
      <div>
        <Button color="red" disabled={typed !== site.name} loading={busy} onClick={go}>
          {t("settings.delete")}
        </Button>
      </div>
    </>
  );
}
