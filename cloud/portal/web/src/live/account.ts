import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { arriveAs, whoAmI } from "../api/access";
import type { Me } from "../api/account";
import { keys } from "../api/keys";
import { noticesKey } from "../api/notices";
import { t } from "../text/t";
import { SiteStream } from "./stream";

/** Opens the account's own live stream and keeps who one is, notices and leave true. Used once, by the frame of what is inside. */
export function useAccountStream() {
  const client = useQueryClient();
  const navigate = useNavigate();
  useEffect(() => {
    const who = async () => {
      const before = client.getQueryData<Me>(keys.me);
      const me = await whoAmI().catch(() => undefined);
      if (!me) return void client.invalidateQueries({ queryKey: keys.me });
      if (before && before.org.id !== me.org.id) {
        arriveAs(client, me);
        if (before.entry) notifications.show({ message: t("access.ended", { org: before.org.name }), color: "red" });
        await navigate({ to: "/" });
        return;
      }
      client.setQueryData(keys.me, me);
    };
    const stream = new SiteStream("/api/v1/stream", {
      message: (m) => {
        if (m.kind === "notice" || m.kind === "reset") void client.invalidateQueries({ queryKey: noticesKey });
        if (m.kind === "me" || m.kind === "access" || m.kind === "reset") void who();
        if (m.kind === "access" || m.kind === "reset") {
          void client.invalidateQueries({ queryKey: ["access"] });
          void client.invalidateQueries({ queryKey: ["orgs"] });
        }
      },
      up: (missed) => {
        if (!missed) return;
        void who();
        for (const queryKey of [noticesKey, ["access"]]) void client.invalidateQueries({ queryKey });
      },
      lost: () => void who(),
    });
    return () => stream.close();
  }, [client, navigate]);
}
