import { Checkbox, Drawer, Input, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useSaveWebhook, webhookKinds, type Webhook, type WebhookDraft } from "../../api/webhooks";
import { SecretBox } from "../../parts/code";
import { FormEnd, useSending } from "../../parts/form";
import { t, word } from "../../text/t";
import css from "./webhooks.module.css";

interface EditWebhookProps {
  webhook?: Webhook;
  opened: boolean;
  onClose: () => void;
  /** After a new webhook's secret was kept. */
  onAdded?: (id: string) => void;
}

/** The drawer in which a webhook is made or changed; a new one shows its secret once. */
export function EditWebhook({ webhook, opened, onClose, onAdded }: EditWebhookProps) {
  const [made, setMade] = useState<{ id: string; secret: string }>();
  const saved = (w: Webhook & { secret?: string }) => {
    onClose();
    if (w.secret) setMade({ id: w.id, secret: w.secret });
  };
  return (
    <>
      <Drawer opened={opened} onClose={onClose} size={520} title={webhook ? t("hooks.edit") : t("hooks.new")} closeButtonProps={{ "aria-label": t("act.close") }}>
        {opened && <WebhookForm webhook={webhook} onClose={onClose} onSaved={saved} />}
      </Drawer>
      <ShowSecret
        secret={made?.secret}
        onDone={() => {
          if (made) onAdded?.(made.id);
          setMade(undefined);
        }}
      />
    </>
  );
}

/** Shows the secret of a webhook, once. */
export function ShowSecret({ secret, onDone }: { secret: string | undefined; onDone: () => void }) {
  return (
    <SecretBox title={t("hooks.secret_title")} value={secret} body={t("hooks.secret_body")} label={t("hooks.secret")} done={t("hooks.secret_done")} onDone={onDone} />
  );
}

const kindsInWords = (kinds: string[]) => kinds.map((k) => word("hooks", `kind_${k}`)).join(", ");

function WebhookForm({ webhook, onClose, onSaved }: { webhook?: Webhook; onClose: () => void; onSaved: (w: Webhook & { secret?: string }) => void }) {
  const save = useSaveWebhook();
  const form = useForm<WebhookDraft>({
    mode: "controlled",
    initialValues: webhook
      ? { id: webhook.id, revision: webhook.revision, name: webhook.name, url: webhook.url, kinds: webhook.kinds, enabled: webhook.enabled }
      : { name: "", url: "", kinds: ["door.opened", "door.refused"], enabled: true },
  });
  const sending = useSending(form, async (draft) => onSaved(await save.mutateAsync(draft)), { kinds: { label: t("hooks.kinds"), value: kindsInWords } });
  const wrong = Object.entries(form.errors).find(([path]) => path.startsWith("kinds"))?.[1];
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        <TextInput label={t("hooks.name")} data-autofocus {...form.getInputProps("name")} />
        <TextInput
          label={t("hooks.url")}
          description={t("hooks.url_help")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          type="url"
          placeholder="https://"
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("url")}
        />
        <Checkbox.Group label={t("hooks.kinds")} {...form.getInputProps("kinds")} error={undefined}>
          <div className={css.kinds}>
            {webhookKinds.map((k) => (
              <Checkbox key={k} value={k} label={t(`hooks.kind_${k}`)} />
            ))}
          </div>
        </Checkbox.Group>
        {wrong && <Input.Error role="alert">{wrong}</Input.Error>}
        <Switch label={t("hooks.enabled")} {...form.getInputProps("enabled", { type: "checkbox" })} />
        <FormEnd rest={sending.rest} busy={sending.busy} act={webhook ? t("act.save") : t("hooks.new")} cancel={onClose} />
      </Stack>
    </form>
  );
}
