import type { Tone } from "../words/tone";
import css from "./state.module.css";

/** The dot of a state; its shape differs as well as its colour. Always shown beside its word or a label. */
export function Dot({ tone }: { tone: Tone }) {
  return <span className={css.dot} data-tone={tone} aria-hidden />;
}

/** A state: dot and word. */
export function State({ tone, word, pill, title }: { tone: Tone; word: string; pill?: boolean; title?: string }) {
  return (
    <span className={pill ? `${css.state} ${css.pill}` : css.state} data-tone={tone} title={title}>
      <Dot tone={tone} />
      <span className={css.word} data-tone={tone}>
        {word}
      </span>
    </span>
  );
}
