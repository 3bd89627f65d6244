import { useEffect, type ReactNode } from "react";
import { t } from "../text/t";
import { Mark } from "./mark";
import css from "./shell.module.css";

/** The frame of the pages before one is signed in. */
export function Gate({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  useEffect(() => {
    document.title = t("app.title", { page: title });
  }, [title]);
  return (
    <main className={css.gate}>
      <div className={css.gateBox}>
        <div className={css.gateMark}>
          <Mark size={30} />
          {t("app.name")}
        </div>
        <div className={css.gatePanel}>
          <h1 className={css.gateTitle}>{title}</h1>
          {lead && <p className={css.gateLead}>{lead}</p>}
          {children}
        </div>
      </div>
    </main>
  );
}
