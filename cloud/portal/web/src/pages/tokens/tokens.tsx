import { Button } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useRevokeToken, useTokens, type Token } from "../../api/tokens";
import { Confirm } from "../../parts/confirm";
import { List } from "../../parts/list";
import { Empty, Page, Panel } from "../../parts/page";
import { State } from "../../parts/state";
import { RowCard, type Column } from "../../parts/table";
import { When } from "../../parts/when";
import { date } from "../../parts/time";
import { t, word } from "../../text/t";
import { stateOf, tokenStates } from "../../words/token";
import { NewToken } from "./newtoken";
import css from "./tokens.module.css";

/** The API tokens of the account. */
export default function Tokens() {
  const tokens = useTokens();
  const revoke = useRevokeToken();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token>();
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setMaking(true)}>
      {t("tokens.new")}
    </Button>
  );
  const act = (k: Token) =>
    ["live", "soon"].includes(stateOf(k, new Date()).key) && (
      <Button variant="default" size="compact-sm" onClick={() => setRevoking(k)} aria-label={`${t("tokens.revoke")}: ${k.name}`}>
        {t("tokens.revoke")}
      </Button>
    );
  const columns: Column<Token>[] = [
    { key: "name", title: t("tokens.name"), cell: (k) => <strong style={{ fontWeight: 560 }}>{k.name}</strong>, by: (k) => k.name },
    { key: "scopes", title: t("tokens.scopes"), cell: (k) => <Scopes of={k} /> },
    { key: "used", title: t("tokens.used"), cell: (k) => <Used token={k} />, by: (k) => k.used_at ?? "" },
    { key: "ends", title: t("tokens.ends"), cell: (k) => <span className={css.date}>{date(new Date(k.expires_at))}</span>, by: (k) => k.expires_at },
    { key: "state", title: t("tokens.state"), cell: (k) => <TokenState token={k} />, by: (k) => stateOf(k, new Date()).key },
    { key: "act", title: "", cell: act },
  ];
  return (
    <Page title={t("tokens.title")} under={<span>{t("tokens.lead")}</span>} acts={tokens.data && tokens.data.length > 0 && add}>
      <Panel flush>
        <List
          name="tokens"
          of={tokens}
          columns={columns}
          id={(k) => k.id}
          label={t("tokens.title")}
          words={(k) => `${k.name} ${k.scopes.join(" ")}`}
          find={t("tokens.find")}
          filters={[
            {
              key: "state",
              label: t("tokens.state"),
              options: tokenStates.map((s) => ({ value: s, label: t(`tokens.${s}`) })),
              fits: (k, s) => stateOf(k, new Date()).key === s,
            },
          ]}
          empty={<Empty icon={<IconKey size={22} aria-hidden />} title={t("tokens.empty")} body={t("tokens.empty_body")} act={add} />}
          card={(k) => (
            <RowCard
              head={
                <>
                  <strong style={{ fontWeight: 560 }}>{k.name}</strong>
                  <TokenState token={k} />
                </>
              }
            >
              <Scopes of={k} />
              <span className="soft">
                {t("tokens.used")}: <Used token={k} /> · {t("tokens.ends")} {date(new Date(k.expires_at))}
              </span>
              <div>{act(k)}</div>
            </RowCard>
          )}
        />
      </Panel>
      <NewToken opened={making} onClose={() => setMaking(false)} />
      <Confirm
        opened={Boolean(revoking)}
        title={t("tokens.revoke_title")}
        body={t("tokens.revoke_body", { name: revoking?.name ?? "" })}
        act={t("tokens.revoke")}
        onClose={() => setRevoking(undefined)}
        onConfirm={() => revoke.mutateAsync(revoking!.id)}
      />
    </Page>
  );
}

function TokenState({ token }: { token: Token }) {
  const s = stateOf(token, new Date());
  return <State tone={s.tone} word={t(`tokens.${s.key}`)} />;
}

function Used({ token }: { token: Token }) {
  if (!token.used_at) return <span className="soft">{t("tokens.never")}</span>;
  return (
    <>
      <When at={token.used_at} /> <span className="soft mono">{token.used_from}</span>
    </>
  );
}

const few = 3;

function Scopes({ of }: { of: Token }) {
  const rest = of.scopes.slice(few);
  return (
    <span className={css.scopes}>
      {of.scopes.slice(0, few).map((s) => (
        <span key={s} className={css.scope} title={word("scope", s)}>
          {s}
        </span>
      ))}
      {rest.length > 0 && (
        <span className="soft" title={rest.join(", ")}>
          {t("tokens.more", { n: rest.length })}
        </span>
      )}
    </span>
  );
}
