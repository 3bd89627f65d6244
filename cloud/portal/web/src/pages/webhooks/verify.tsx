import { Lines } from "../../parts/code";
import { Panel } from "../../parts/page";
import { t } from "../../text/t";

const sample = `import crypto from "node:crypto";

// raw: the body as it came, before any JSON is read.
export function genuine(headers, raw, secret) {
  const id = headers["vestibule-webhook-id"];
  const time = headers["vestibule-webhook-timestamp"];
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const want = "v1=" + crypto.createHmac("sha256", secret).update(id + "." + time + "." + raw).digest("hex");
  const got = headers["vestibule-signature"] ?? "";
  return got.length === want.length && crypto.timingSafeEqual(Buffer.from(got), Buffer.from(want));
}`;

/** How a receiver knows that a message is from here. */
export function Verify() {
  return (
    <Panel title={t("hooks.verify")}>
      <p className="soft" style={{ margin: "0 0 12px", lineHeight: 1.55 }}>
        {t("hooks.verify_body")}
      </p>
      <Lines text={sample} wide label={t("hooks.verify")} />
    </Panel>
  );
}
