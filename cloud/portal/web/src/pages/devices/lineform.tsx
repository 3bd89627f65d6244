import { NumberInput, Select, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useDeviceOptions } from "../../api/devices";
import { t, word } from "../../text/t";
import css from "./devices.module.css";
import form from "./form.module.css";

export const parities = ["none", "even", "odd"] as const;

/** The inputs of a form, whatever it edits: only props that the form's own getInputProps gives. */
interface Line {
  /** Props of a field of the line by its name; typed as Mantine gives them. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  field: (name: string) => any;
  profile: string;
  /** Whether the board hangs on a port of the agent. */
  serial: boolean;
  portField: string;
  lead?: ReactNode;
}

/** How a relay board is reached and what its registers mean; used by boards of the site and boards of monitors. */
export function LineForm({ field, profile, serial, portField, lead }: Line) {
  const offered = useDeviceOptions().data;
  const kinds = offered?.board_profiles ?? [];
  const kind = kinds.find((k) => k.profile === profile);
  return (
    <>
      <Select label={t("boards.profile")} data={kinds.map((k) => ({ value: k.profile, label: word("boards", `profile_${k.profile}`) }))} {...field("profile")} />
      {kind && <p className={form.help}>{t(kind.pulse ? "boards.has_pulse" : "boards.no_pulse")}</p>}
      {lead}
      {serial && <TextInput label={t("boards.port")} description={t("boards.port_help")} autoComplete="off" {...field(portField)} />}
      {serial && (
        <div className={css.two}>
          <Select label={t("boards.baud")} data={(offered?.bauds ?? []).map(String)} {...numeric(field("baud"))} />
          <Select label={t("boards.parity")} data={parities.map((p) => ({ value: p, label: word("boards", `parity_${p}`) }))} {...field("parity")} />
          <Select label={t("boards.stop_bits")} data={["1", "2"]} {...numeric(field("stop_bits"))} />
        </div>
      )}
      <NumberInput label={t("boards.unit")} min={1} max={247} clampBehavior="none" {...field("unit")} />
    </>
  );
}

/** A list of numbers as a Select takes it. */
function numeric(props: { value?: unknown; onChange?: (v: unknown) => void }) {
  return { ...props, value: String(props.value ?? ""), onChange: (v: string | null) => props.onChange?.(Number(v)) };
}
