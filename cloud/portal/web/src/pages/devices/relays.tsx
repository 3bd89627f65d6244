import { Button } from "@mantine/core";
import { IconDoor } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { asProblem } from "../../api/problem";
import { openRelay } from "../../api/devices";
import type { Board, Device, Relay } from "../../api/types";
import { Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { useNow } from "../../parts/when";
import { t } from "../../text/t";
import { duration, openProblemWords, openWords, type OpenWords } from "../../words/results";
import css from "./devices.module.css";

/** The number and the length of a pulse of an SR01 behind the wall; its form has neither. */
const securityRelay = { number: 5, hold_ms: 5000 };

/** Everything of a device that opens: its relays, and the SR01 behind the wall. */
function doorsOf(device: Device): Relay[] {
  const sr = device.form.security_relay;
  if (!sr) return device.relays;
  return [...device.relays, { ...securityRelay, name: sr.name ?? "", dtmf: sr.dtmf ?? "", enabled: true, mode: "momentary", rest: false, board_id: "", channel: 0, methods: [] }];
}

/** The doors of a device, each with its Open button and the honest result. */
export function Relays({ site, device, boards }: { site: string; device: Device; boards: Board[] }) {
  const doors = doorsOf(device);
  return (
    <Panel title={t("device.relays")} flush>
      {doors.length === 0 && <p className="soft" style={{ padding: "0 16px" }}>{t("device.no_relays")}</p>}
      {doors.map((r) => (
        <RelayRow key={r.number} site={site} device={device} relay={r} board={boards.find((b) => b.id === r.board_id)} />
      ))}
    </Panel>
  );
}

type Asking = { at: "rest" } | { at: "asked"; since: Date } | { at: "answered"; words: OpenWords };

function RelayRow({ site, device, relay, board }: { site: string; device: Device; relay: Relay; board?: Board }) {
  const [asking, setAsking] = useState<Asking>({ at: "rest" });
  const button = useRef<HTMLButtonElement>(null);
  const press = async () => {
    setAsking({ at: "asked", since: new Date() });
    let words: OpenWords;
    try {
      words = openWords(await openRelay(site, device.id, relay.number, pressKey()));
    } catch (err) {
      words = openProblemWords(asProblem(err));
    }
    setAsking({ at: "answered", words });
    button.current?.focus({ preventScroll: true });
  };
  const parts = [
    t("relay.summary", { dtmf: relay.dtmf, hold: relay.mode === "latching" ? t("relay.latching").toLowerCase() : t("relay.for", { time: duration(relay.hold_ms) }) }),
    board ? t("relay.by_board", { board: board.name, channel: relay.channel }) : "",
    relay.enabled ? "" : t("relay.off"),
  ];
  return (
    <div className={css.relay} data-relay={relay.number}>
      <div>
        <div className={css.relayName}>{relay.name}</div>
        <div className={css.relaySum}>{parts.filter(Boolean).join(" · ")}</div>
      </div>
      <Button
        ref={button}
        leftSection={<IconDoor size={18} aria-hidden />}
        onClick={press}
        disabled={!relay.enabled || asking.at === "asked"}
        aria-label={t("open.act_label", { door: relay.name })}
      >
        {t("open.act")}
      </Button>
      <div className={css.outcome} role="status" data-outcome={asking.at}>
        {asking.at === "asked" && <Pending since={asking.since} />}
        {asking.at === "answered" && <Outcome words={asking.words} />}
      </div>
    </div>
  );
}

function Pending({ since }: { since: Date }) {
  const now = useNow();
  const s = Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000));
  return <State pill tone="warn" word={`${t("open.pending")}${s > 1 ? ` · ${t("time.s", { n: s })}` : "…"}`} />;
}

function Outcome({ words }: { words: OpenWords }) {
  return (
    <>
      <State pill tone={words.tone} word={words.took ? `${words.word} · ${words.took}` : words.word} />
      {words.why && <span className="soft"> {words.why}</span>}
    </>
  );
}

/** One key for one press: a request that the network repeats is still one press. */
export function pressKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
