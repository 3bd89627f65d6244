import { Copy } from "../../parts/copy";
import { t } from "../../text/t";
import css from "./agents.module.css";

/** What the DHCP server of an agent's LAN says so that devices find their provisioning files by themselves. */
export function FilesOptions({ url }: { url: string }) {
  const options = [
    { option: "66", help: t("files.option_66") },
    { option: "160", help: t("files.option_custom") },
    { option: "43", help: t("files.option_43") },
  ];
  return (
    <details className={css.files}>
      <summary>{t("files.title")}</summary>
      <p className="soft">{t("files.help")}</p>
      <ul aria-label={t("files.title")}>
        {options.map(({ option, help }) => (
          <li key={option}>
            <span>{t("files.option", { n: option })}</span>
            <span className={css.value}>
              <span className="mono">{url}</span>
              <span className="soft">{help}</span>
            </span>
            <Copy value={url} label={t("files.option", { n: option })} />
          </li>
        ))}
        <li>
          <span>{t("files.option", { n: "67" })}</span>
          <span className={`soft ${css.value}`}>{t("files.option_67")}</span>
        </li>
      </ul>
    </details>
  );
}
