import { Button } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useState } from "react";
import { asProblem, Problem } from "../../api/problem";
import { signInByPasskey } from "../../api/security";
import { Notice } from "../../parts/page";
import { t } from "../../text/t";
import { browserKnowsPasskeys, why } from "../../words/passkey";

/** What a sign-in answers, by password or passkey. */
export type SignedIn = Awaited<ReturnType<typeof signInByPasskey>>;

/** Signs in by passkey, for the sign-in page; absent where the browser knows none. */
export function PasskeyButton({ onSigned }: { onSigned: (signed: SignedIn) => unknown }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  if (!browserKnowsPasskeys()) return null;
  const signIn = async () => {
    setBusy(true);
    setProblem("");
    try {
      await onSigned(await signInByPasskey());
    } catch (err) {
      setProblem(err instanceof Problem ? asProblem(err).message : t(`passkey.why_${why(err)}`));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {problem && <Notice tone="bad">{problem}</Notice>}
      <Button type="button" variant="default" fullWidth loading={busy} onClick={() => void signIn()} leftSection={<IconFingerprint size={18} aria-hidden />}>
        {t("passkey.sign_in")}
      </Button>
    </>
  );
}
