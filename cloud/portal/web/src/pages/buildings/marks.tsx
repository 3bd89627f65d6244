import { IconArrowBigUpLines } from "@tabler/icons-react";
import type { Capability } from "../../api/apartments";
import { t } from "../../text/t";
import { fewWords } from "../../words/homes";
import { reasonWords } from "../devices/gate";
import css from "./buildings.module.css";

/** What devices cannot do of what was set, with the firmware that would bring it; it is kept all the same (DEV-25). */
export function Marks({ of }: { of: Capability[] }) {
  if (of.length === 0) return null;
  return (
    <ul className={css.marks}>
      {of.map((c) => (
        <li key={`${c.feature} ${c.model} ${c.has} ${c.state}`} data-missing={c.state !== "unknown" || undefined} data-feature={c.feature}>
          <IconArrowBigUpLines size={16} aria-hidden />
          <span>
            <strong>{t(c.state === "unknown" ? "homes.mark_unknown" : "homes.mark", { what: t(`homes.feature_${c.feature}`), devices: fewWords(c.devices) })}</strong> {reasonWords(c)}
          </span>
        </li>
      ))}
    </ul>
  );
}
