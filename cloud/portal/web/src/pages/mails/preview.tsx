import { NativeSelect } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useLetter, useMailKinds } from "../../api/mails";
import { Failed, Page, Panel, Panels, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import { mailKind, mailLanguage } from "../../words/mail";
import css from "./mails.module.css";

/** Every letter in every language, as people get it. Which one stands in the address. */
export default function Letters() {
  const kinds = useMailKinds();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const ask = (what: object) => void navigate({ to: "/mails/preview", search: ((old: object) => ({ ...old, ...what })) as never, replace: true });
  const kind = kinds.data?.kinds.find((k) => k === search["kind"]) ?? kinds.data?.kinds[0];
  const language = kinds.data?.languages.find((l) => l === search["language"]) ?? "en";
  return (
    <Page title={t("mails.preview")} crumbs={<Link to="/mails">{t("mails.title")}</Link>} under={<span>{t("mails.preview_lead")}</span>}>
      {kinds.isPending && <SkeletonRows />}
      {kinds.isError && !kinds.data && <Failed error={kinds.error} again={() => kinds.refetch()} />}
      {kinds.data && kind && (
        <Panels>
          <div className={css.row}>
            <NativeSelect
              label={t("mails.letter")}
              data={kinds.data.kinds.map((k) => ({ value: k, label: mailKind(k) }))}
              value={kind}
              onChange={(e) => ask({ kind: e.currentTarget.value })}
            />
            <NativeSelect
              label={t("mails.language")}
              data={kinds.data.languages.map((l) => ({ value: l, label: mailLanguage(l) }))}
              value={language}
              onChange={(e) => ask({ language: e.currentTarget.value })}
            />
          </div>
          <Letter kind={kind} language={language} />
        </Panels>
      )}
    </Page>
  );
}

function Letter({ kind, language }: { kind: string; language: string }) {
  const letter = useLetter(kind, language);
  if (letter.isPending) return <SkeletonRows />;
  if (!letter.data) return <Failed error={letter.error} again={() => void letter.refetch()} />;
  const page = `/api/v1/mails/preview.html?${new URLSearchParams({ kind, language }).toString()}`;
  return (
    <>
      <Panel title={t("mails.subject")}>
        <p className={css.subject} lang={language}>
          {letter.data.subject}
        </p>
      </Panel>
      <div className={css.both}>
        <Panel title={t("mails.html")} flush>
          <iframe className={css.html} sandbox="" title={t("mails.html")} src={page} />
        </Panel>
        <Panel title={t("mails.text")} flush>
          <pre className={css.text} lang={language} tabIndex={0}>
            {letter.data.text}
          </pre>
        </Panel>
      </div>
    </>
  );
}
