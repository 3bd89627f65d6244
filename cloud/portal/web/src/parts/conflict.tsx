import { Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { useState, useSyncExternalStore } from "react";
import { t } from "../text/t";
import { merged, type Difference, type Side } from "../words/merge";
import css from "./conflict.module.css";

/** What a field is called, and how its values read. */
export interface FieldWords {
  label: (path: string) => string;
  value: (path: string, value: unknown) => string;
}

interface Asked {
  differences: Difference[];
  words: FieldWords;
  answer: (choice: Record<string, Side> | undefined) => void;
}

let asked: Asked | undefined;
const watchers = new Set<() => void>();

function ask(next: Asked | undefined) {
  asked = next;
  watchers.forEach((w) => w());
}

/** Lets the person choose field by field; gives the values to save, or nothing when they went back to the form. */
export async function settle<V extends object>(mine: V, theirs: Record<string, unknown>, differences: Difference[], words: FieldWords): Promise<V | undefined> {
  if (differences.length === 0) return merged(mine, theirs, {});
  const choice = await new Promise<Record<string, Side> | undefined>((answer) => ask({ differences, words, answer }));
  ask(undefined);
  return choice && merged(mine, theirs, choice);
}

/** Stands once in the portal; shows the choice over whatever form waits for it. */
export function Conflicts() {
  const now = useSyncExternalStore(
    (w) => {
      watchers.add(w);
      return () => watchers.delete(w);
    },
    () => asked,
  );
  return (
    <Modal opened={Boolean(now)} onClose={() => now?.answer(undefined)} title={t("conflict.title")} size={640} zIndex={400} closeButtonProps={{ "aria-label": t("act.close") }}>
      {now && <Choice asked={now} />}
    </Modal>
  );
}

function Choice({ asked: { differences, words, answer } }: { asked: Asked }) {
  const [choice, setChoice] = useState<Record<string, Side>>(() => Object.fromEntries(differences.map((d) => [d.path, d.start])));
  const all = (side: Side) => setChoice(Object.fromEntries(differences.map((d) => [d.path, side])));
  return (
    <Stack gap="md">
      <Text lh={1.55}>{t("conflict.body")}</Text>
      <div className={css.fields}>
        {differences.map((d) => (
          <fieldset key={d.path} className={css.field}>
            <legend>{words.label(d.path)}</legend>
            {(["mine", "theirs"] as const).map((side) => (
              <Radio
                key={side}
                name={`conflict-${d.path}`}
                className={css.side}
                checked={choice[d.path] === side}
                onChange={() => setChoice({ ...choice, [d.path]: side })}
                label={
                  <>
                    <span className={css.who}>{t(`conflict.${side}`)}</span>
                    <span className={css.value}>{words.value(d.path, d[side]) || t("conflict.empty")}</span>
                  </>
                }
              />
            ))}
          </fieldset>
        ))}
      </div>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={() => all("mine")}>
          {t("conflict.all_mine")}
        </Button>
        <Button variant="default" onClick={() => all("theirs")}>
          {t("conflict.all_theirs")}
        </Button>
        <Button onClick={() => answer(choice)} data-autofocus>
          {t("conflict.save")}
        </Button>
      </Group>
    </Stack>
  );
}
