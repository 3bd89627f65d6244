import type { ReactNode } from "react";
import css from "./form.module.css";

/** A part of a form with its own heading. */
export function Section({ title, help, children }: { title: string; help?: ReactNode; children: ReactNode }) {
  return (
    <fieldset className={css.section}>
      <legend>{title}</legend>
      {help && <p className={css.help}>{help}</p>}
      {children}
    </fieldset>
  );
}

/** The message at something that is more than one input; its place is named so that the form knows it is in sight. */
export function FieldError({ error, at }: { error: ReactNode; at: string }) {
  if (!error) return null;
  return (
    <p role="alert" className={css.error} data-path={at}>
      {error}
    </p>
  );
}
