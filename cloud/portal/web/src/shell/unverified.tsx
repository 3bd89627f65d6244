import { IconMail } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMe } from "../api/account";
import { t } from "../text/t";
import css from "./banner.module.css";

/** Says that the own e-mail address still waits for its link, and where another is sent; nothing when it is confirmed or there is none. */
export function Unverified() {
  const me = useMe().data;
  if (!me || me.email === "" || me.email_verified) return null;
  return (
    <div className={css.bar} data-tone="waiting" role="status">
      <IconMail size={18} aria-hidden />
      <span className={css.words}>
        {t("profile.unverified_line", { email: me.email })} <Link to="/profile">{t("profile.send_again")}</Link>
      </span>
    </div>
  );
}
