import { ActionIcon, Drawer, Select, Stack } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { IconX } from "@tabler/icons-react";
import { useRetention, useSaveRetention, type Retention } from "../../api/retention";
import { FormEnd, useSending } from "../../parts/form";
import { Failed, Notice, Panel, SkeletonRows } from "../../parts/page";
import { date } from "../../parts/time";
import { t, word } from "../../text/t";
import { daysWords, isShorter, offeredDays, retentionValues, type RetentionValues } from "../../words/retention";
import css from "./retention.module.css";

/** How long the rows of a site's log are kept, among its settings. */
export function RetentionPanel(props: { site: string; zone?: string }) {
  return (
    <Panel title={t("retention.title")}>
      <Kept {...props} />
    </Panel>
  );
}

/** The same beside the log, for who has no settings. */
export function RetentionDrawer({ opened, onClose, ...props }: { site: string; zone?: string; opened: boolean; onClose: () => void }) {
  return (
    <Drawer opened={opened} onClose={onClose} title={t("retention.title")} closeButtonProps={{ "aria-label": t("act.close") }}>
      <Kept {...props} done={onClose} />
    </Drawer>
  );
}

interface KeptProps { site: string; zone?: string; done?: () => void }

function Kept({ site, zone, done }: KeptProps) {
  const kept = useRetention(site);
  if (kept.isError && !kept.data) return <Failed error={kept.error} again={() => void kept.refetch()} />;
  if (!kept.data) return <SkeletonRows n={3} />;
  return <RetentionForm key={site} site={site} of={kept.data} zone={zone} done={done} />;
}

function RetentionForm({ site, of, zone, done }: KeptProps & { of: Retention }) {
  const save = useSaveRetention(site);
  const form = useForm<RetentionValues>({ mode: "controlled", initialValues: retentionValues(of) });
  const sending = useSending(form, async (values) => {
    const saved = await save.mutateAsync(values);
    notifications.show({ message: t("retention.saved"), color: "teal" });
    done?.();
    return saved;
  }, {
    days: (days) => pickedWords(days, serviceWords(of)),
    kinds: { label: t("retention.own"), value: (kinds) => kinds.map((k) => `${word("kind", k.kind)}: ${pickedWords(k.days, t("retention.as_others"))}`).join(", ") },
  });
  const gone = of.until && new Date(of.until);
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <p className="soft" style={{ margin: 0, lineHeight: 1.5 }}>
          {t("retention.help")} {of.longest_days > 0 && t("retention.limit", { n: of.longest_days })} {gone && t("retention.gone", { date: date(gone, zone) })}
        </p>
        <Select label={t("retention.all")} data={choices(of, form.values.days, serviceWords(of))} allowDeselect={false} {...form.getInputProps("days")} />
        <Own form={form} of={of} />
        {isShorter(retentionValues(of), form.values, of.longest_days) && <Notice tone="warn">{t("retention.shorter")}</Notice>}
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("act.save")} cancel={done} />
      </Stack>
    </form>
  );
}

/** Kinds that are kept for a time of their own. */
function Own({ form, of }: { form: UseFormReturnType<RetentionValues>; of: Retention }) {
  const own = form.values.kinds;
  const free = of.kinds.map((k) => k.kind).filter((kind) => !own.some((k) => k.kind === kind));
  return (
    <>
      <h3 className={css.part}>{t("retention.own")}</h3>
      {own.length === 0 && <p className="soft" style={{ margin: 0 }}>{t("retention.own_none")}</p>}
      <div className={css.kinds} hidden={own.length === 0}>
        {own.map(({ kind, days }, i) => (
          <div key={kind} className={css.kind}>
            <Select
              label={t("retention.kept", { kind: word("kind", kind) })}
              data={choices(of, days, t("retention.as_others"))}
              allowDeselect={false}
              {...form.getInputProps(`kinds.${i}.days`)}
            />
            <ActionIcon variant="default" size={36} aria-label={t("retention.drop", { kind: word("kind", kind) })} onClick={() => form.removeListItem("kinds", i)}>
              <IconX size={16} aria-hidden />
            </ActionIcon>
          </div>
        ))}
      </div>
      {free.length > 0 && (
        <Select
          label={t("retention.add")}
          searchable
          value={null}
          data={free.map((kind) => ({ value: kind, label: word("kind", kind) }))}
          onChange={(kind) => kind && form.insertListItem("kinds", { kind, days: form.values.days })}
        />
      )}
    </>
  );
}

/** What may be picked; the first is to say nothing. */
function choices(of: Retention, now: string, none: string) {
  return [{ value: "", label: none }, ...offeredDays(of.longest_days, now).map((n) => ({ value: String(n), label: daysWords(n) }))];
}

function serviceWords(of: Retention): string {
  return t("retention.as_service", { days: daysWords(of.longest_days) });
}

function pickedWords(days: string, none: string): string {
  return days === "" ? none : daysWords(Number(days));
}
