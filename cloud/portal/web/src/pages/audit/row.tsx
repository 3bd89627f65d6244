import { Button, Group } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useId, useState } from "react";
import type { AuditEntry } from "../../api/audit";
import { exact } from "../../parts/time";
import { When } from "../../parts/when";
import { t, word } from "../../text/t";
import { changes } from "../../words/diff";
import css from "./audit.module.css";

interface RowProps {
  entry: AuditEntry;
  /** Shows only what this person did. */
  onPerson?: () => void;
  /** Shows only what happened at this site. */
  onSite?: () => void;
}

/** One entry; it opens what was before and after. */
export function Row({ entry: e, onPerson, onSite }: RowProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <button type="button" className={css.row} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <span className="soft">
          <When at={e.at} />
        </span>
        <span>
          {e.actor}
          {e.behalf && <span className={css.behalf}> {t("audit.behalf", { home: e.actor_org, org: e.behalf })}</span>}
        </span>
        <span>
          {t("audit.sentence", { action: word("audit.did", e.action), object: word("audit.noun", e.object), name: e.object_name })}
          {e.site && <span className="soft"> · {e.site.name}</span>}
        </span>
        <IconChevronRight size={16} aria-hidden />
      </button>
      <div id={id} hidden={!open}>
        {open && <More entry={e} onPerson={onPerson} onSite={onSite} />}
      </div>
    </>
  );
}

function More({ entry: e, onPerson, onSite }: RowProps) {
  const rows = changes(e.before, e.after);
  return (
    <div className={css.more}>
      <div className={css.facts}>
        <span>{exact(new Date(e.at))}</span>
        {e.actor_org && <span>{e.actor_org}</span>}
        {e.from && <span>{t("audit.address", { address: e.from })}</span>}
        {e.token && <span>{t("audit.token")}</span>}
        {e.reason && (
          <span>
            {t("access.reason")}: {e.reason}
          </span>
        )}
      </div>
      {rows.length > 0 && (
        <table className={css.diff}>
          <thead>
            <tr>
              <th scope="col">{t("audit.field")}</th>
              <th scope="col">{t("audit.before")}</th>
              <th scope="col">{t("audit.after")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.path}>
                <th scope="row">{r.path.replaceAll("_", " ")}</th>
                <td className={r.before === undefined ? undefined : css.old}>{r.before}</td>
                <td className={r.after === undefined ? undefined : css.new}>{r.after}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Group gap="xs">
        {onPerson && (
          <Button size="compact-sm" variant="default" onClick={onPerson}>
            {t("audit.only_person", { name: e.actor })}
          </Button>
        )}
        {onSite && e.site && (
          <Button size="compact-sm" variant="default" onClick={onSite}>
            {t("audit.only_site", { name: e.site.name })}
          </Button>
        )}
      </Group>
    </div>
  );
}
