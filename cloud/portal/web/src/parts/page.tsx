import { Button, Skeleton } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useEffect, type ReactNode } from "react";
import { asProblem, inWords } from "../api/problem";
import { t } from "../text/t";
import css from "./page.module.css";

interface PageProps {
  title: string;
  crumbs?: ReactNode;
  under?: ReactNode;
  acts?: ReactNode;
  children: ReactNode;
}

/** A page: where one is, what it is called, what can be done, then its content. */
export function Page({ title, crumbs, under, acts, children }: PageProps) {
  useEffect(() => {
    document.title = t("app.title", { page: title });
  }, [title]);
  return (
    <div className={css.page}>
      <header className={css.head}>
        <div className={css.titles}>
          {crumbs && <div className={css.crumbs}>{crumbs}</div>}
          <h1 className={css.title}>{title}</h1>
          {under && <div className={css.under}>{under}</div>}
        </div>
        {acts && <div className={css.acts}>{acts}</div>}
      </header>
      {children}
    </div>
  );
}

/** The panels of a page, one under the other. */
export function Panels({ children }: { children: ReactNode }) {
  return <div className={css.panels}>{children}</div>;
}

/** A framed part of a page with its own heading. */
export function Panel({ title, acts, flush, children }: { title?: string; acts?: ReactNode; flush?: boolean; children: ReactNode }) {
  return (
    <section className={css.panel} aria-label={title}>
      {title && (
        <header className={css.panelHead}>
          <h2 className={css.panelTitle}>{title}</h2>
          {acts}
        </header>
      )}
      <div className={css.panelBody} data-flush={flush || undefined}>
        {children}
      </div>
    </section>
  );
}

/** Says what a place is for while it is empty, and holds the first act. */
export function Empty(props: { icon?: ReactNode; title?: string; body: string; act?: ReactNode; small?: boolean }) {
  return (
    <div className={css.empty} data-small={props.small || undefined}>
      {props.icon && !props.small && <div className={css.emptyIcon}>{props.icon}</div>}
      {props.title && <h2 className={css.emptyTitle}>{props.title}</h2>}
      <p className={css.emptyBody}>{props.body}</p>
      {props.act && <div className={css.emptyAct}>{props.act}</div>}
    </div>
  );
}

/** Names and values. */
export function Facts({ rows }: { rows: [name: string, value: ReactNode][] }) {
  return (
    <dl className={css.facts}>
      {rows.map(([name, value]) => (
        <Fact key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value || <span className="soft">{t("device.unknown")}</span>}</dd>
    </>
  );
}

/** A sentence that has to be seen, with the icon of its tone. */
export function Notice({ tone, children }: { tone: "ok" | "warn" | "bad"; children: ReactNode }) {
  return (
    <div className={css.notice} data-tone={tone} role={tone === "ok" ? "status" : "alert"}>
      {tone === "ok" ? <IconCircleCheck size={18} aria-hidden /> : <IconAlertTriangle size={18} aria-hidden />}
      <div>{children}</div>
    </div>
  );
}

/** What a list shows instead of itself when it could not be loaded. */
export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const p = asProblem(error);
  const body = p.requestID ? `${inWords(p)} ${t("failed.request", { id: p.requestID })}` : inWords(p);
  return (
    <Empty
      icon={<IconAlertTriangle size={22} aria-hidden />}
      title={t("failed.title")}
      body={body}
      act={again && <Button variant="default" onClick={again}>{t("act.retry")}</Button>}
    />
  );
}

/** Rows that are on their way. */
export function SkeletonRows({ n = 6, height = 18 }: { n?: number; height?: number }) {
  return (
    <div role="status" aria-label={t("app.loading")} style={{ padding: 16, display: "grid", gap: 18 }}>
      {Array.from({ length: n }, (_, i) => (
        <Skeleton key={i} height={height} width={`${92 - ((i * 17) % 38)}%`} radius="sm" />
      ))}
    </div>
  );
}
