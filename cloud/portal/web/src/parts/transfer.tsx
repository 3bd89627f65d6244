import { TextInput } from "@mantine/core";
import { IconMinus, IconPlus } from "@tabler/icons-react";
import { useRef, useState, type MouseEvent } from "react";
import { t } from "../text/t";
import css from "./transfer.module.css";

export interface Choice {
  value: string;
  label: string;
}

interface TransferProps {
  label: string;
  data: Choice[];
  value: string[];
  onChange: (value: string[]) => void;
  error?: React.ReactNode;
}

/** Two boxes: what there is, and what was chosen. A click or Enter moves one over; both boxes are searched. */
export function Transfer({ label, data, value, onChange, error }: TransferProps) {
  const chosen = new Set(value);
  return (
    <div role="group" aria-label={label}>
      <div className={css.boxes}>
        <Box title={t("managers.available")} act={t("managers.move_in")} choices={data.filter((d) => !chosen.has(d.value))} onMove={(id) => onChange([...value, id])} />
        <Box
          title={t("managers.selected")}
          act={t("managers.move_out")}
          out
          choices={data.filter((d) => chosen.has(d.value))}
          onMove={(id) => onChange(value.filter((v) => v !== id))}
        />
      </div>
      {error && (
        <p role="alert" style={{ color: "var(--v-red)", margin: "6px 0 0" }}>
          {error}
        </p>
      )}
    </div>
  );
}

function Box({ title, act, choices, out, onMove }: { title: string; act: string; choices: Choice[]; out?: boolean; onMove: (id: string) => void }) {
  const [wanted, setWanted] = useState("");
  const w = wanted.trim().toLowerCase();
  const shown = choices.filter((c) => c.label.toLowerCase().includes(w));
  const Icon = out ? IconMinus : IconPlus;
  const box = useRef<HTMLDivElement>(null);
  // What was moved is gone from this box: the keyboard goes on with the next one, or with the search.
  const move = (e: MouseEvent<HTMLButtonElement>, id: string) => {
    const li = e.currentTarget.closest("li");
    const next = (li?.nextElementSibling ?? li?.previousElementSibling)?.querySelector("button") ?? box.current?.querySelector("input");
    onMove(id);
    next?.focus();
  };
  return (
    <div className={css.box} ref={box}>
      <div className={css.head} aria-live="polite">
        {title} ({choices.length})
      </div>
      <TextInput size="xs" aria-label={`${t("managers.find")}: ${title}`} placeholder={t("managers.find")} value={wanted} onChange={(e) => setWanted(e.currentTarget.value)} />
      <ul className={css.list} aria-label={title}>
        {shown.length === 0 && <li className="soft">{t("managers.nothing")}</li>}
        {shown.map((c) => (
          <li key={c.value}>
            <button type="button" className={css.one} aria-label={`${act}: ${c.label}`} onClick={(e) => move(e, c.value)}>
              {c.label}
              <Icon size={16} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
