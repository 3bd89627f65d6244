// The whole of a building by keyboard alone: a site, a building, an apartment with who lives there, a device, an edit that meets another.
import { edit } from "./building.mjs";
import { keysOf } from "./keys.mjs";

/** Does it on a page that is signed in; `fault` hears of a focus that is not to be seen or does not come back. */
export async function byKeys(page, url, fault, say) {
  const keys = await keysOf(page, fault);
  await page.goto(`${url}/`);
  await keys.act("New community");
  await page.waitForURL("**/sites/new/community");
  await keys.write("Name", "Linden Mews");
  await keys.to("Basic", { role: "radio" });
  await keys.press("ArrowDown");
  await page.locator("[role=radio][aria-checked=true]", { hasText: "Premium" }).waitFor();
  await keys.act("Create site", { role: "button" });
  await keys.act("Set later");
  await page.waitForURL(/\/sites\/[0-9a-f-]{36}$/);
  say("by keyboard: a site");

  // Read slowly, so that a button would be seen which is drawn anew when the page knows what stands there: the focus on it would be lost.
  await page.route("**/tree", (route) => setTimeout(() => void route.continue().catch(() => undefined), 800));
  await keys.act("Buildings", { role: "a" });
  await page.waitForURL(/\/buildings(\/all)?$/);
  await page.getByRole("button", { name: "New building" }).waitFor();
  await keys.act("New building", { role: "button" });
  await keys.opened(); // nobody leaves what has not opened yet
  await keys.press("Escape");
  await keys.backAt("New building");
  await page.unroute("**/tree");
  await keys.press("Enter");
  await keys.opened();
  await keys.write("Name", "Mews 1");
  await keys.act("New building", { role: "button" });
  await page.getByRole("heading", { level: 1, name: "Mews 1" }).waitFor();
  say("by keyboard: a building; a closed drawer gives the focus back");

  await page.getByRole("dialog").waitFor({ state: "detached" });
  await keys.act("New apartment", { role: "button" });
  await keys.opened();
  await keys.write("APT", "101");
  await keys.write("Floor", "1");
  await keys.write("First name", "Ada");
  await keys.write("Last name", "Byron");
  await keys.act("New apartment", { role: "button" });
  await page.getByRole("heading", { level: 1, name: "Apartment 101" }).waitFor();
  const home = page.url();
  say("by keyboard: an apartment with its resident");

  await page.getByRole("dialog").waitFor({ state: "detached" });
  await keys.act("Add a device", { role: "a" });
  await page.waitForURL("**/devices/new?*");
  await keys.choose("Type", "Monitor");
  await keys.write(/^MAC/, "0C1105EE0001");
  await keys.write("Name", "Hall");
  await keys.act("Add a device", { role: "button" });
  await page.getByRole("heading", { level: 1, name: "Hall" }).waitFor();
  say("by keyboard: a device");

  await keys.act(/(^|\W)101$/, { role: "a" });
  await page.getByRole("heading", { level: 1, name: "Apartment 101" }).waitFor();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await keys.act("Edit", { role: "button" });
  await keys.opened();
  await keys.write("APT name", "Corner");
  const other = await page.context().newPage();
  await other.goto(home);
  await edit(other, (form) => form.getByLabel("APT name", { exact: true }).fill("Attic"));
  await other.close();
  await page.bringToFront();
  await keys.act("Save", { role: "button" });
  const both = page.getByRole("dialog", { name: "Somebody else changed this" });
  await keys.opened(both);
  await keys.to(/Yours|Saved now/, { role: "input" });
  await keys.press("ArrowDown");
  await both.getByRole("radio", { name: /^Saved now/ }).and(page.locator(":checked")).waitFor();
  await keys.act("Save choice", { role: "button" });
  await keys.backAt("Edit");
  await page.getByText("Attic").first().waitFor();
  say("by keyboard: an edit that met another");
}
