import { IconCheck } from "@tabler/icons-react";
import { useRights } from "../../api/orgs";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { tableCSS } from "../../parts/table";
import { t } from "../../text/t";
import css from "../orgs/orgs.module.css";

const roles = ["operator", "distributor", "installer", "subinstaller", "manager", "administrator", "resident", "family"] as const;

/** Who may do what: the table that decides. */
export default function Rights() {
  const rights = useRights();
  return (
    <Page title={t("rights.title")} under={<span>{t("rights.lead")}</span>}>
      <Panel flush>
        {rights.data ? (
          <div className={css.rights} tabIndex={0} role="region" aria-label={t("rights.title")}>
            <table className={tableCSS.table}>
              <thead>
                <tr>
                  <th scope="col">{t("rights.what")}</th>
                  {roles.map((r) => (
                    <th key={r} scope="col">
                      {t(`role.${r}`)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rights.data.map((rule) => (
                  <tr key={rule.right}>
                    <th scope="row">
                      {rule.does}
                      {rule.in_person && <div className="soft">{t("rights.in_person")}</div>}
                    </th>
                    {roles.map((r) => (
                      <td key={r}>
                        {rule.roles.includes(r) ? <IconCheck size={18} role="img" aria-label={t("rights.yes")} /> : <span aria-label={t("rights.no")}>–</span>}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : rights.isError ? (
          <Failed error={rights.error} again={() => void rights.refetch()} />
        ) : (
          <SkeletonRows />
        )}
      </Panel>
    </Page>
  );
}
