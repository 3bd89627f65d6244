import type { Policy } from "../../api/account";
import { date } from "../../parts/time";
import { t } from "../../text/t";
import { blocksOf } from "../../words/policy";
import css from "./account.module.css";

/** The text of the privacy policy, with the service provider that stands behind it (ACC-08). */
export function PolicyText({ policy }: { policy: Pick<Policy, "body" | "provider"> }) {
  const p = policy.provider;
  const lines = p ? [p.company, p.address, p.phone, p.email, p.tax_id, p.website].filter(Boolean) : [];
  return (
    <div className={css.policy}>
      {blocksOf(policy.body).map((b, i) => {
        if (b.kind === "heading") return <h2 key={i}>{b.text}</h2>;
        if (b.kind === "text") return <p key={i}>{b.text}</p>;
        return (
          <ul key={i}>
            {b.items.map((item, j) => (
              <li key={j}>{item}</li>
            ))}
          </ul>
        );
      })}
      <h2>{t("policy.provider")}</h2>
      {lines.length > 0 ? (
        <p>
          {lines.map((line) => (
            <span key={line} style={{ display: "block" }}>
              {line}
            </span>
          ))}
        </p>
      ) : (
        <p>{t("policy.operator")}</p>
      )}
    </div>
  );
}

/** "Last updated 24 Nov 2026 · version 2". */
export function PolicyDate({ policy }: { policy: Policy }) {
  return <p className={css.under}>{t("policy.updated", { date: date(new Date(policy.published_at)), n: String(policy.version) })}</p>;
}
