import type { Receipt } from "../../api/types";
import { State } from "../../parts/state";
import { t } from "../../text/t";
import { receiptSteps, receiptWords } from "../../words/receipt";
import css from "./devices.module.css";

/** The line saved · held · written · read back, filled as far as it is true of the newest edit. */
export function ReceiptLine({ receipt }: { receipt: Receipt }) {
  const words = receiptWords(receipt);
  return (
    <div className={css.receipt} data-receipt={receipt.state}>
      {words.reached > 0 && (
        <ol className={css.steps}>
          {receiptSteps.map((step, i) => (
            <li
              key={step}
              className={css.step}
              data-done={i < words.reached || undefined}
              data-now={i === words.reached - 1 || undefined}
              data-tone={words.tone}
              aria-current={i === words.reached - 1 ? "step" : undefined}
            >
              {t(`receipt.step_${step}`)}
            </li>
          ))}
        </ol>
      )}
      <div style={{ display: "flex", flexWrap: "wrap", gap: "6px 12px", alignItems: "center" }}>
        <State pill tone={words.tone} word={words.short} />
        <span className="soft">{words.sentence}</span>
      </div>
    </div>
  );
}
