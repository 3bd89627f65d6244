import { Anchor, Button, Drawer, FileButton, Stack } from "@mantine/core";
import { useState } from "react";
import { useManagerFile } from "../../api/managers";
import { asProblem } from "../../api/problem";
import { Notice } from "../../parts/page";
import { State } from "../../parts/state";
import { language } from "../../text/language";
import { t, tn, word } from "../../text/t";
import { rowTone } from "../../words/imports";
import css from "./managers.module.css";

/** Managers by a sheet: what it would do is read first, then done; rows with errors are listed and left out (PM-13). */
export function ManagerSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Drawer opened={opened} onClose={onClose} size={520} title={t("imports.managers")} closeButtonProps={{ "aria-label": t("act.close") }}>
      {opened && <Sheet onDone={onClose} />}
    </Drawer>
  );
}

function Sheet({ onDone }: { onDone: () => void }) {
  const send = useManagerFile();
  const [file, setFile] = useState<File>();
  const rows = send.data?.items ?? [];
  const changes = rows.filter((r) => r.state === "add" || r.state === "change").length;
  const done = send.isSuccess && send.variables.apply;
  const problem = send.error && asProblem(send.error);
  const take = (f: File | null) => {
    if (!f) return;
    setFile(f);
    send.mutate({ file: f, apply: false });
  };
  return (
    <Stack gap="md">
      <span>
        {t("imports.managers_help")}{" "}
        <Anchor href={`/api/v1/managers/template?language=${language()}`} download underline="always">{t("imports.template")}</Anchor>
      </span>
      {!done && (
        <FileButton onChange={take} accept=".xlsx,.csv,text/csv">
          {(props) => <Button variant="default" loading={send.isPending} {...props}>{t("imports.choose")}</Button>}
        </FileButton>
      )}
      {problem && <Notice tone="bad">{problem.fields["file"] ?? problem.message}</Notice>}
      {done && <Notice tone="ok">{t("imports.managers_done")}</Notice>}
      <ul className={css.lines}>
        {rows.map((r) => (
          <li key={r.n}>
            <State tone={rowTone(r.state)} word={word("imports", `one_${r.state}`)} /> <span>{t("imports.edit", { line: String(r.line) })} · {r.cells[2]}</span>
            {r.faults.map((f) => (
              <div key={f.message} className={css.fault}>{f.message}</div>
            ))}
          </li>
        ))}
      </ul>
      {rows.length > 0 && !done && (
        <Button disabled={changes === 0} loading={send.isPending} onClick={() => file && send.mutate({ file, apply: true })}>
          {tn("imports.apply", changes)}
        </Button>
      )}
      {done && <Button onClick={onDone}>{t("macs.done")}</Button>}
    </Stack>
  );
}
