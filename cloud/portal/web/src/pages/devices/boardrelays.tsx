import { Button } from "@mantine/core";
import { useState } from "react";
import { turnRelay, useBoardStates } from "../../api/boards";
import { asProblem } from "../../api/problem";
import type { Device } from "../../api/types";
import { Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { openProblemWords, openWords, type OpenWords } from "../../words/results";
import { BoardNow } from "./boards";
import css from "./devices.module.css";
import { pressKey } from "./relays";

/** The relays of a monitor's board that the building drives: what they are, and a button each (EDGE-17). */
export function BoardRelays({ site, device }: { site: string; device: Device }) {
  const state = useBoardStates(site).data?.find((s) => s.board_id === device.id);
  const channels = device.form.external?.channels ?? [];
  return (
    <Panel title={t("dev.board_relays")} acts={<BoardNow state={state} />} flush>
      {channels.map((c) => (
        <Row key={c.number} site={site} device={device} number={c.number ?? 0} name={c.name ?? ""} use={c.function ?? ""} on={state?.online ? state.outputs.includes(c.number ?? 0) : undefined} />
      ))}
    </Panel>
  );
}

function Row({ site, device, number, name, use, on }: { site: string; device: Device; number: number; name: string; use: string; on: boolean | undefined }) {
  const [busy, setBusy] = useState(false);
  const [words, setWords] = useState<OpenWords>();
  const may = useMay("doors.open");
  const press = async (to: boolean) => {
    setBusy(true);
    try {
      setWords(openWords(await turnRelay(site, device.id, number, to, pressKey())));
    } catch (err) {
      setWords(openProblemWords(asProblem(err)));
    }
    setBusy(false);
  };
  const to = on !== true;
  return (
    <div className={css.relay} data-channel={number}>
      <div>
        <div className={css.relayName}>{name}</div>
        <div className={css.relaySum}>{[t("dev.relay_n", { n: number }), use].filter(Boolean).join(" · ")}</div>
      </div>
      {may && (
        <Button variant="default" loading={busy} onClick={() => void press(to)} aria-label={t(to ? "dev.turn_on_label" : "dev.turn_off_label", { name })}>
          {t(to ? "dev.turn_on" : "dev.turn_off")}
        </Button>
      )}
      <div className={css.outcome} role="status">
        {on !== undefined && <State pill tone={on ? "ok" : "off"} word={t(on ? "dev.relay_is_on" : "dev.relay_is_off")} />}
        {words && words.tone !== "ok" && <State pill tone={words.tone} word={words.word} />}
        {words?.why && <span className="soft"> {words.why}</span>}
      </div>
    </div>
  );
}
