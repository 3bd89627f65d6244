import { Button, Checkbox, Drawer, Group, Input, Modal, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useSaveWebhook, webhookKinds, type Webhook, type WebhookDraft } from "../../api/webhooks";
import { Copy } from "../../parts/copy";
import { FormEnd, useSending } from "../../parts/form";
import { Notice } from "../../parts/page";
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

/** Shows a secret this once; a click beside it does not lose it. */
export function ShowSecret({ secret, onDone }: { secret: string | undefined; onDone: () => void }) {
  return (
    <Modal opened={Boolean(secret)} onClose={onDone} title={t("hooks.secret_title")} size="lg" closeOnClickOutside={false} closeOnEscape={false} withCloseButton={false}>
      <Stack gap="md">
        <Notice tone="warn">{t("hooks.secret_body")}</Notice>
        <code className={css.secret} data-secret>
          {secret}
        </code>
        <Group justify="space-between">
          <Copy value={secret ?? ""} label={t("hooks.secret")} />
          <Button onClick={onDone}>{t("hooks.secret_done")}</Button>
        </Group>
      </Stack>
    </Modal>
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
