import { Button, Stack, Switch } from "@mantine/core";
import { IconEyeOff, IconQrcode } from "@tabler/icons-react";
import { QRCodeSVG } from "qrcode.react";
import { useState } from "react";
import { useCode, useNewCode, useSetKit, type HomeCode } from "../../api/resets";
import type { Apartment } from "../../api/types";
import { Confirm } from "../../parts/confirm";
import { Copy } from "../../parts/copy";
import { Failed, Notice, Panel, SkeletonRows } from "../../parts/page";
import { tell } from "../../parts/tell";
import { When } from "../../parts/when";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";
import css from "./reset.module.css";

/** How the resident of an apartment registers: whether it is the home of a kit, and the code of its monitor. */
export function RegistrationPanel({ site, apartment }: { site: string; apartment: Apartment }) {
  const home = { site, apartment: apartment.id };
  const writes = useMay("sites.write");
  const sees = useMay("secrets.read");
  const kit = useSetKit(home);
  const [shown, setShown] = useState(false);
  const code = useCode(home, shown);
  if (!writes && !sees) return null;
  return (
    <Panel title={t("code.title")}>
      <Stack gap="md">
        <Switch
          label={t("code.kit")}
          description={t("code.kit_help")}
          checked={apartment.service.kit}
          disabled={!writes || kit.isPending}
          onChange={(e) => void tell(() => kit.mutateAsync({ kit: e.currentTarget.checked, revision: apartment.revision }))}
        />
        {sees && !shown && (
          <div className={css.buttons}>
            <Button variant="default" leftSection={<IconQrcode size={18} aria-hidden />} onClick={() => setShown(true)}>
              {t("code.show")}
            </Button>
          </div>
        )}
        {sees && shown && !code.data && (code.isError ? <Failed error={code.error} again={() => void code.refetch()} /> : <SkeletonRows n={3} />)}
        {sees && shown && code.data && <Code home={home} code={code.data} number={apartment.number} hide={t("code.hide")} onHide={() => setShown(false)} />}
      </Stack>
    </Panel>
  );
}

/** The new code of a home, opened by itself after its reset. */
export function NewCode({ home, number, onClose }: { home: CodeProps["home"]; number: string; onClose: () => void }) {
  const code = useCode(home, true);
  if (code.data) return <Code home={home} code={code.data} number={number} hide={t("act.close")} onHide={onClose} />;
  return code.isError ? <Failed error={code.error} again={() => void code.refetch()} /> : <SkeletonRows n={3} />;
}

interface CodeProps {
  home: { site: string; apartment: string };
  code: HomeCode;
  number: string;
  /** The word of the button that ends the showing. */
  hide: string;
  onHide: () => void;
}

function Code({ home, code, number, hide, onHide }: CodeProps) {
  const renew = useNewCode(home);
  const [asking, setAsking] = useState(false);
  if (!code.url) {
    return (
      <>
        <p className={css.soft}>{t(code.state === "used" ? "code.used" : "code.none")}</p>
        <div className={css.buttons}>
          <Button variant="default" leftSection={<IconEyeOff size={18} aria-hidden />} onClick={onHide}>
            {hide}
          </Button>
        </div>
      </>
    );
  }
  return (
    <div className={css.code}>
      <div className={css.qr}>
        <QRCodeSVG value={code.url} size={180} marginSize={0} title={t("code.scan", { number })} />
      </div>
      <div className={css.told}>
        {code.off && <Notice tone="warn">{t("code.off")}</Notice>}
        <p className={css.soft}>{t("code.show_help")}</p>
        {code.created && (
          <p className={css.soft}>
            {t("code.made")} <When at={code.created} />
          </p>
        )}
        <div className={css.buttons}>
          <Copy value={code.url} label={t("code.title")} />
          <Button variant="default" size="compact-sm" onClick={() => setAsking(true)}>
            {t("code.renew")}
          </Button>
          <Button variant="default" size="compact-sm" onClick={onHide}>
            {hide}
          </Button>
        </div>
      </div>
      <Confirm
        opened={asking}
        title={t("code.renew")}
        body={t("code.renew_ask")}
        act={t("code.renew")}
        onClose={() => setAsking(false)}
        onConfirm={() => renew.mutateAsync()}
      />
    </div>
  );
}
