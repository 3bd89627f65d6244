import { Checkbox, MultiSelect, Select, Stack, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useDoorDevices, useRemoveAccessGroup, useSaveAccessGroup, type AccessGroup, type AccessGroupDraft, type AccessSchedule } from "../../api/accessgroups";
import { Remove } from "../../parts/confirm";
import { FormEnd, useSending } from "../../parts/form";
import formCSS from "../../parts/form.module.css";
import { t, tn } from "../../text/t";
import { dayName, doorChoices, doorOf, doorValue, scheduleWords, weekDays } from "../../words/accessgroups";
import { errorAt } from "../people/fields";
import css from "./accessgroups.module.css";

interface FormProps { site: string; group?: AccessGroup; onDone: () => void }

type Fields = UseFormReturnType<AccessGroupDraft>;

/** The form of an access group: its doors, and when they open. */
export function AccessGroupForm({ site, group, onDone }: FormProps) {
  const save = useSaveAccessGroup(site);
  const remove = useRemoveAccessGroup(site);
  const form = useForm<AccessGroupDraft>({ mode: "controlled", initialValues: draftOf(group) });
  const choices = doorChoices(useDoorDevices(site, true).data ?? [], form.values.doors);
  const named = (value: string) => choices.find((c) => c.value === value)?.label ?? "";
  const sending = useSending(form, async (draft) => {
    await save.mutateAsync(draft);
    onDone();
  }, {
    doors: { label: t("accessgroups.doors"), value: (all) => all.map((d) => named(doorValue(d))).join(", ") },
    schedule: { label: t("accessgroups.times"), value: scheduleWords },
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("accessgroups.name")} data-autofocus maxLength={64} autoComplete="off" {...form.getInputProps("name")} />
        <MultiSelect
          label={t("accessgroups.doors")}
          description={t("accessgroups.doors_help")}
          placeholder={form.values.doors.length === 0 ? t("accessgroups.doors_find") : undefined}
          data={choices}
          value={form.values.doors.map(doorValue)}
          onChange={(all) => form.setFieldValue("doors", all.map(doorOf))}
          searchable
          hidePickedOptions
          limit={100}
          nothingFoundMessage={t("accessgroups.no_door")}
          error={errorAt(form.errors, "doors")}
        />
        <ScheduleFields form={form} />
        <FormEnd
          rest={sending.rest}
          busy={sending.busy}
          act={t(group ? "act.save" : "accessgroups.new")}
          cancel={onDone}
          left={
            group && (
              <Remove
                of={group}
                act={t("accessgroups.delete")}
                body={group.people > 0 ? tn("accessgroups.delete_held", group.people, { name: group.name }) : t("accessgroups.delete_ask", { name: group.name })}
                onRemove={async (seen) => {
                  await remove.mutateAsync(seen);
                  onDone();
                }}
              />
            )
          }
        />
      </Stack>
    </form>
  );
}

/** A group as its form opens it; a schedule that begins to have times begins with those of an office. */
function draftOf(group?: AccessGroup): AccessGroupDraft {
  const { repeat = "always", days = [], from, till } = group?.schedule ?? {};
  return { id: group?.id, revision: group?.revision, name: group?.name ?? "", doors: group?.doors ?? [], schedule: { repeat, days, from: from || "08:00", till: till || "17:59" } };
}

/** When the doors open: always, or by the clock of the site, on every day or some. */
function ScheduleFields({ form }: { form: Fields }) {
  const { repeat, days } = form.values.schedule;
  const set = (change: Partial<AccessSchedule>) => form.setFieldValue("schedule", { ...form.getValues().schedule, ...change });
  return (
    <>
      <Select
        label={t("accessgroups.times")}
        data={(["always", "daily", "weekly"] as const).map((value) => ({ value, label: t(`accessgroups.repeat_${value}`) }))}
        allowDeselect={false}
        value={repeat || "always"}
        onChange={(to) => set({ repeat: to ?? "always", ...(to === "weekly" && days.length === 0 && { days: [1, 2, 3, 4, 5] }) })}
        error={form.errors["schedule.repeat"]}
      />
      {repeat === "weekly" && (
        <Checkbox.Group label={t("accessgroups.days")} value={days.map(String)} onChange={(all) => set({ days: all.map(Number).sort() })} error={errorAt(form.errors, "schedule.days")}>
          <div className={css.days}>
            {weekDays.map((day) => (
              <Checkbox key={day} value={String(day)} label={dayName(day)} />
            ))}
          </div>
        </Checkbox.Group>
      )}
      {(repeat === "daily" || repeat === "weekly") && (
        <div className={formCSS.two}>
          <TextInput type="time" label={t("accessgroups.from")} {...form.getInputProps("schedule.from")} />
          <TextInput
            type="time" label={t("accessgroups.till")} description={t("accessgroups.till_help")} inputWrapperOrder={["label", "input", "description", "error"]}
            {...form.getInputProps("schedule.till")}
          />
        </div>
      )}
    </>
  );
}
