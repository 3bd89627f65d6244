import { Button, Modal, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconKey } from "@tabler/icons-react";
import { useState } from "react";
import { useResetPerson } from "../../api/resets";
import { Confirm } from "../../parts/confirm";
import { Copy } from "../../parts/copy";
import { Notice } from "../../parts/page";
import { useMay } from "../../shell/eyes";
import { t } from "../../text/t";

interface ResetPasswordProps {
  site: string;
  person: string;
  name: string;
  small?: boolean;
}

/** Sends a person a link for a new password; without an e-mail address the link is shown once, to be handed over. For people who have an account. */
export function ResetPassword({ site, person, name, small }: ResetPasswordProps) {
  const may = useMay("residents.write");
  const reset = useResetPerson(site);
  const [asking, setAsking] = useState(false);
  const [link, setLink] = useState("");
  if (!may) return null;
  const send = async () => {
    const made = await reset.mutateAsync(person);
    if (made.link) setLink(made.link);
    else notifications.show({ message: t("personreset.mailed"), color: "teal" });
  };
  return (
    <>
      <Button variant="default" size={small ? "compact-sm" : undefined} leftSection={<IconKey size={small ? 14 : 18} aria-hidden />} onClick={() => setAsking(true)}>
        {t("personreset.act")}
      </Button>
      <Confirm
        opened={asking}
        title={t("personreset.act")}
        body={t("personreset.ask", { name })}
        act={t("personreset.submit")}
        onClose={() => setAsking(false)}
        onConfirm={send}
      />
      <Modal opened={link !== ""} onClose={() => setLink("")} title={t("personreset.title", { name })} closeButtonProps={{ "aria-label": t("act.close") }}>
        <Stack gap="md">
          <Notice tone="warn">{t("personreset.link")}</Notice>
          <TextInput label={t("personreset.label")} value={link} readOnly data-autofocus onFocus={(e) => e.currentTarget.select()} />
          <div>
            <Copy value={link} label={t("personreset.label")} />
          </div>
        </Stack>
      </Modal>
    </>
  );
}
