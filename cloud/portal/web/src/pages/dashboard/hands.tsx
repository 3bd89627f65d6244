import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { DashboardHand } from "../../api/types";
import { Dot } from "../../parts/state";
import { When } from "../../parts/when";
import { has, t, tn, type CountKey } from "../../text/t";
import { actOf } from "../../words/dashboard";
import css from "./dashboard.module.css";

/** How many are shown before somebody asks for all. */
const first = 10;

/** What needs a hand, the gravest first, each with its one next act. */
export function Hands({ hands, total }: { hands: DashboardHand[]; total: number }) {
  const [all, setAll] = useState(false);
  const shown = all ? hands : hands.slice(0, first);
  return (
    <>
      <ul className={css.hands}>
        {shown.map((h) => (
          <Row key={`${h.kind}-${h.site?.id ?? ""}`} hand={h} />
        ))}
      </ul>
      {total > shown.length && (
        <div className={css.rest}>
          <span>{tn("dashboard.more", total - shown.length)}</span>
          {all ? (
            <Button component={Link} to="/sites" variant="subtle" size="compact-sm">
              {t("dashboard.more_act")}
            </Button>
          ) : (
            <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>
              {t("dashboard.more_show")}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

function Row({ hand }: { hand: DashboardHand }) {
  const act = actOf(hand.kind);
  const actKey = `dashboard.${hand.kind}_act`;
  const text = tn(`dashboard.${hand.kind}` as CountKey, hand.n);
  return (
    <li className={css.hand}>
      <Dot tone={act.tone} />
      <div>
        <div className={css.what}>{text}</div>
        {(hand.site || hand.since) && (
          <div className={css.where}>
            {hand.site && (
              <Link to="/sites/$site" params={{ site: hand.site.id }}>
                {hand.site.name}
              </Link>
            )}
            {hand.site && hand.since && " · "}
            {hand.since && <When at={hand.since} />}
          </div>
        )}
      </div>
      <Button
        className={css.act}
        component={Link}
        to={act.to}
        params={{ site: hand.site?.id ?? "" } as never}
        search={act.search as never}
        variant="default"
        size="xs"
        aria-label={[has(actKey) ? t(actKey) : t("dashboard.see"), hand.site?.name].filter(Boolean).join(": ")}
      >
        {has(actKey) ? t(actKey) : t("dashboard.see")}
      </Button>
    </li>
  );
}
