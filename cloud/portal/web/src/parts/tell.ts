import { notifications } from "@mantine/notifications";
import { asProblem } from "../api/problem";

/** Does something that has no form and no dialog, and tells at the edge of the page how it went. */
export async function tell(act: () => Promise<unknown>, done?: string) {
  try {
    await act();
    if (done) notifications.show({ message: done, color: "teal" });
  } catch (err) {
    notifications.show({ message: asProblem(err).message, color: "red" });
  }
}
