import { useEffect, type ReactNode } from "react";
import { chooseLanguage, language, languages } from "../text/language";
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
        <Languages />
      </div>
    </main>
  );
}

/** The languages of the portal by their own names; the one that is spoken is marked. */
function Languages() {
  return (
    <div className={css.gateLanguages} role="group" aria-label={t("language.label")}>
      {languages.map((l) => (
        <button key={l.code} type="button" lang={l.code} aria-pressed={l.code === language()} onClick={() => chooseLanguage(l.code)}>
          {l.name}
        </button>
      ))}
    </div>
  );
}
