import { Button, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { QRCodeSVG } from "qrcode.react";
import { useEffect, useRef, useState } from "react";
import { asProblem } from "../../api/problem";
import { useConfirmTOTP, useStartTOTP } from "../../api/security";
import { Copy } from "../../parts/copy";
import { FormEnd, useSending } from "../../parts/form";
import { Notice, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import { AskPassword } from "./askpassword";
import css from "./security.module.css";

interface SetUpTOTPProps {
  opened: boolean;
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}

/** Sets an authenticator up: scan or type its key, then show that it works. */
export function SetUpTOTP({ opened, onClose, onCodes }: SetUpTOTPProps) {
  const start = useStartTOTP();
  const [old, setOld] = useState(false); // the sign-in is too old to go on without the password
  const passed = useRef(false); // the password was right: the dialog that asked for it closes, the setting up goes on
  useEffect(() => {
    if (!opened) return;
    passed.current = false;
    setOld(false);
    start.mutate(undefined, { onError: (err) => setOld("password" in asProblem(err).fields) });
  }, [opened]); // once for each opening
  if (opened && old && !start.data) {
    return (
      <AskPassword
        opened
        title={t("factor.totp_title")}
        body={t("security.password_why")}
        act={t("factor.totp_start")}
        onClose={() => !passed.current && onClose()}
        onPassword={async (password) => {
          await start.mutateAsync(password);
          passed.current = true;
          setOld(false);
        }}
      />
    );
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t("factor.totp_title")} size="lg" closeButtonProps={{ "aria-label": t("act.close") }}>
      {start.isError && !old && (
        <Stack gap="md">
          <Notice tone="bad">{asProblem(start.error).message}</Notice>
          <Button onClick={() => start.mutate(undefined)}>{t("act.retry")}</Button>
        </Stack>
      )}
      {start.isPending && <SkeletonRows n={4} />}
      {start.data && <Confirm secret={start.data.secret} uri={start.data.uri} onClose={onClose} onCodes={onCodes} />}
    </Modal>
  );
}

function Confirm({ secret, uri, onClose, onCodes }: { secret: string; uri: string; onClose: () => void; onCodes: (codes: string[]) => void }) {
  const confirm = useConfirmTOTP();
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" } });
  const sending = useSending(form, async ({ code }) => {
    const made = await confirm.mutateAsync(code);
    onClose();
    onCodes(made.recovery_codes);
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <div className={css.setup}>
          <div>
            <p className={css.small}>{t("factor.totp_scan")}</p>
            <div className={css.qr}>
              <QRCodeSVG value={uri} size={170} marginSize={0} title={t("factor.totp_scan")} />
            </div>
          </div>
          <Stack gap="md">
            <div>
              <p className={css.small}>{t("factor.totp_type")}</p>
              <code className={css.key} data-totp-secret>
                {secret.match(/.{1,4}/g)?.join(" ")}
              </code>
              <Copy value={secret} label={t("factor.totp_key")} />
            </div>
            <TextInput
              label={t("factor.totp_code")}
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={12}
              data-autofocus
              key={form.key("code")}
              {...form.getInputProps("code")}
            />
          </Stack>
        </div>
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("factor.totp_confirm")} cancel={onClose} />
      </Stack>
    </form>
  );
}
