import { Collapse, NumberInput, Switch, UnstyledButton } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useId, useState, type ReactNode } from "react";
import { useMe } from "../../api/account";
import type { HandedOut } from "../../api/orgs";
import { t, type Key } from "../../text/t";
import css from "./orgs.module.css";
import { gatesOf, regional, type GateName } from "./words";

interface GateListProps {
  kind: HandedOut["kind"];
  busy?: boolean;
  on: (gate: GateName) => boolean;
  onChange: (gate: GateName, on: boolean) => void;
  error?: (gate: GateName) => ReactNode;
}

/** The gates that the caller may set on an organisation of a kind; what the region does not have says so. */
export function GateList({ kind, busy, on, onChange, error }: GateListProps) {
  const { data: me } = useMe();
  if (!me) return null;
  return gatesOf(me.role, kind).map((g) => {
    const absent = regional(g) && !me.gates[g];
    return (
      <div key={g} className={css.gate}>
        <Switch
          label={t(`orgs.gate_${g}` as Key)}
          description={absent ? t("orgs.gate_absent") : t(`orgs.gate_${g}_help` as Key)}
          error={error?.(g)}
          checked={on(g)}
          disabled={busy || absent}
          onChange={(e) => onChange(g, e.currentTarget.checked)}
        />
      </div>
    );
  });
}

/** What a new organisation may use, closed until somebody asks for it. */
export function GateFold({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div className={css.fold}>
      <UnstyledButton className={css.foldHead} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <span>{t("orgs.gates_title")}</span>
        <IconChevronDown size={18} aria-hidden data-open={open || undefined} />
      </UnstyledButton>
      <div id={id}>
        <Collapse expanded={open}>{children}</Collapse>
      </div>
    </div>
  );
}

/** The number of credits; an empty field counts as none. */
export function Credits(props: { value?: number | string; error?: ReactNode; onChange?: (value: number) => void }) {
  return (
    <NumberInput
      label={t("orgs.gate_credits")}
      description={t("orgs.gate_credits_help")}
      min={0}
      max={1_000_000_000}
      allowDecimal={false}
      {...props}
      onChange={(v) => props.onChange?.(Number(v) || 0)}
    />
  );
}
