import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMe } from "../../api/account";
import { Copy } from "../../parts/copy";
import { t } from "../../text/t";
import css from "./security.module.css";

/** Shows recovery codes, once. */
export function ShowCodes({ codes, onClose }: { codes: string[] | undefined; onClose: () => void }) {
  const me = useMe().data as { email?: string; name?: string } | undefined;
  const download = () => {
    const head = t("factor.recovery_file", { address: me?.email || me?.name || "", host: location.host });
    const url = URL.createObjectURL(new Blob([`${head}\n\n${codes?.join("\n")}\n`], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "vestibule-recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <Modal
      opened={Boolean(codes)}
      onClose={onClose}
      title={t("factor.recovery_title")}
      closeOnClickOutside={false}
      closeOnEscape={false}
      closeButtonProps={{ "aria-label": t("act.close") }}
    >
      <Stack gap="md">
        <Text lh={1.55}>{t("factor.recovery_keep")}</Text>
        <ul className={css.codes} data-recovery-codes>
          {codes?.map((c) => (
            <li key={c}>{c}</li>
          ))}
        </ul>
        <Group gap="xs">
          <Copy value={codes?.join("\n") ?? ""} label={t("factor.recovery")} />
          <Button variant="default" size="compact-sm" leftSection={<IconDownload size={14} aria-hidden />} onClick={download}>
            {t("factor.recovery_download")}
          </Button>
        </Group>
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("factor.recovery_kept")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
