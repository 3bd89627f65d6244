import { ActionIcon, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconLock, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { asProblem, Conflict } from "../../api/problem";
import { useReset, useResetPlan, type ResetPlan } from "../../api/resets";
import { Failed, Notice, SkeletonRows } from "../../parts/page";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import { lineWords, type ResetLine } from "../../words/reset";
import { NewCode } from "./registration";
import css from "./reset.module.css";

interface ResetHomeProps {
  site: string;
  apartment: string;
  /** Drawn as a small button, for a card of a list. */
  small?: boolean;
  /** Drawn as an icon, for a row of a table. */
  icon?: boolean;
}

/** The button that resets a home for its next tenant, with the plan that it shows before; nothing for who may not. */
export function ResetHome({ site, apartment, small, icon }: ResetHomeProps) {
  const may = useMay("homes.reset");
  const [opened, setOpened] = useState(false);
  if (!may) return null;
  return (
    <>
      {icon ? (
        <ActionIcon variant="subtle" color="gray" aria-label={t("resets.act")} title={t("resets.act")} onClick={() => setOpened(true)}>
          <IconRefresh size={18} />
        </ActionIcon>
      ) : (
        <Button variant="default" size={small ? "compact-sm" : undefined} leftSection={<IconRefresh size={small ? 14 : 18} aria-hidden />} onClick={() => setOpened(true)} aria-label={small ? t("resets.act") : undefined}>
          {t(small ? "resets.short" : "resets.act")}
        </Button>
      )}
      <ResetDialog site={site} apartment={apartment} opened={opened} onClose={() => setOpened(false)} />
    </>
  );
}

interface ResetDialogProps {
  site: string;
  apartment: string;
  opened: boolean;
  onClose: () => void;
}

/** The plan of a reset in three columns, and the one button that does it; then the new code, for who may see it. */
export function ResetDialog({ site, apartment, opened, onClose }: ResetDialogProps) {
  const [done, setDone] = useState<ResetPlan>();
  const plan = useResetPlan({ site, apartment }, opened && !done);
  const reset = useReset({ site, apartment });
  const [problem, setProblem] = useState("");
  const close = () => {
    setProblem("");
    onClose();
  };
  const act = async (seen: ResetPlan) => {
    setProblem("");
    try {
      await reset.mutateAsync(seen.revision);
      setDone(seen);
    } catch (err) {
      if (err instanceof Conflict) await plan.refetch();
      setProblem(err instanceof Conflict ? t("resets.changed") : asProblem(err).message);
    }
  };
  const p = done ?? plan.data;
  const title = p?.kind === "community" ? t("resets.title", { number: p.apartment }) : p ? t("resets.title_kit") : t("resets.act");
  return (
    <Modal opened={opened} onClose={close} onExitTransitionEnd={() => setDone(undefined)} title={title} size={done ? "md" : "xl"} closeButtonProps={{ "aria-label": t("act.close") }}>
      {done && <Done site={site} apartment={apartment} number={done.apartment} onClose={close} />}
      {!p && (plan.isError ? <Failed error={plan.error} again={() => void plan.refetch()} /> : <SkeletonRows n={6} />)}
      {p && !done && (
        <Stack gap="md">
          <Text lh={1.55}>{t("resets.lead")}</Text>
          <div className={css.plan}>
            <Column tone="bad" icon={<IconTrash size={18} aria-hidden />} title={t("resets.removed")} lines={p.removed} />
            <Column tone="new" icon={<IconRefresh size={18} aria-hidden />} title={t("resets.anew")} lines={p.anew} />
            <Column tone="kept" icon={<IconLock size={18} aria-hidden />} title={t("resets.kept")} lines={p.kept} />
          </div>
          {problem && <Notice tone="bad">{problem}</Notice>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close} data-autofocus>
              {t("act.cancel")}
            </Button>
            <Button color="red" loading={reset.isPending} onClick={() => void act(p)}>
              {t("resets.submit")}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

/** What stands after a reset: that it is done, and the code by which the next tenant registers. */
function Done({ site, apartment, number, onClose }: { site: string; apartment: string; number: string; onClose: () => void }) {
  const sees = useMay("secrets.read");
  return (
    <Stack gap="md">
      <Notice tone="ok">{t("resets.done")}</Notice>
      {sees && <NewCode home={{ site, apartment }} number={number} onClose={onClose} />}
      {!sees && (
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("act.close")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Column({ tone, icon, title, lines }: { tone: "bad" | "new" | "kept"; icon: ReactNode; title: string; lines: ResetLine[] }) {
  return (
    <section className={css.column} aria-label={title}>
      <h3 className={css.head} data-tone={tone}>
        {icon}
        {title}
      </h3>
      <ul className={css.lines}>
        {lines.length === 0 && <li className={css.value}>{t("resets.nothing")}</li>}
        {lines.map((line) => {
          const { name, value } = lineWords(line);
          return (
            <li key={line.item}>
              <span>{name}</span>
              {value && <span className={css.value}>{value}</span>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
