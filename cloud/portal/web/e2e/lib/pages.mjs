// Every page of the portal with an address to stand at.

/** Pages that need nobody signed in. */
export const publicPages = [
  { name: "sign-in", path: "/sign-in" },
  { name: "setup", path: "/setup#token=not-a-token" },
];

/** Pages of a site that holds nothing yet. */
export function emptyPages(site) {
  const names = ["buildings", "devices", "boards", "found", "people", "calls", "log", "agents"];
  return [
    { name: "empty-overview", path: `/sites/${site}` },
    ...names.map((name) => ({ name: `empty-${name}`, path: `/sites/${site}/${name}` })),
  ];
}

/** Pages of the first site that has devices, else of the first site; `after` does what the picture needs. */
export async function sitePages(context, url) {
  const read = async (path) => {
    const answer = await context.request.get(`${url}/api/v1${path}`);
    if (!answer.ok()) throw new Error(`GET ${path}: ${answer.status()}`);
    return (await answer.json()).items ?? [];
  };
  const sites = await read("/sites");
  const home = [
    { name: "dashboard", path: "/" },
    { name: "sites", path: "/sites" },
    ...["community", "commercial", "single"].map((kind) => ({ name: `site-new-${kind}`, path: `/sites/new/${kind}` })),
    { name: "missing", path: "/no-such-page" },
  ];
  const site = sites.find((s) => s.counts.devices > 0) ?? sites[0];
  if (!site) return home;
  const at = `/sites/${site.id}`;
  const [buildings, apartments, devices, events] = await Promise.all(
    ["buildings", "apartments", "devices", "events?kind=call&limit=1"].map((noun) => read(`${at}/${noun}`)),
  );
  const calls = await read(`${at}/calls?limit=1`);
  const door = devices.find((d) => d.relays?.length > 0) ?? devices[0];
  const homeOf = apartments.find((a) => devices.filter((d) => d.apartment_id === a.id).length > 1) ?? apartments[0];
  const openFirst = async (page) => {
    await page.locator("[data-kind=call] button").first().click();
    await page.getByRole("dialog").waitFor();
  };
  const edit = async (page) => {
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByRole("dialog").waitFor();
  };
  const search = async (page) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("1");
  };
  return [
    ...home,
    { name: "overview", path: at },
    { name: "buildings", path: `${at}/buildings` },
    { name: "community", path: `${at}/buildings/all` },
    { name: "public-area", path: `${at}/buildings/public` },
    ...buildings.slice(0, 1).map((b) => ({ name: "building", path: `${at}/buildings/${b.id}` })),
    ...(homeOf ? [{ name: "apartment", path: `${at}/buildings/apartments/${homeOf.id}` }] : []),
    { name: "devices", path: `${at}/devices` },
    ...(door ? [{ name: "device", path: `${at}/devices/${door.id}` }] : []),
    ...(door ? [{ name: "device-edit", path: `${at}/devices/${door.id}`, after: edit }] : []),
    { name: "device-new", path: `${at}/devices/new` },
    { name: "boards", path: `${at}/boards` },
    { name: "found", path: `${at}/found` },
    { name: "people", path: `${at}/people` },
    { name: "calls", path: `${at}/calls` },
    ...calls.map((c) => ({ name: "call-record", path: `${at}/calls/${c.id}` })),
    { name: "log", path: `${at}/log` },
    ...(events.length > 0 ? [{ name: "call", path: `${at}/log?show=calls`, after: openFirst }] : []),
    { name: "agents", path: `${at}/agents` },
    { name: "claim", path: `${at}/agents/claim` },
    { name: "settings", path: `${at}/settings` },
    { name: "search", path: at, after: search },
  ];
}

/** Pages that stand outside beside sign-in and set-up. */
export const outsidePages = [
  { name: "sign-in", path: "/sign-in" },
  { name: "forgot", path: "/reset" },
  { name: "link-wrong", path: "/activate#token=not-a-token" },
  { name: "confirm-wrong", path: "/confirm#token=not-a-token" },
  { name: "policy", path: "/policy" },
];

/** Pages of an installer who has nothing yet. */
export const emptyHomePages = ["", "sites", "managers", "subaccounts", "access", "audit", "notices", "webhooks", "tokens", "security"].map((name) => ({
  name: `none-${name || "dashboard"}`, path: `/${name}`,
}));

const withRight = [
  ["", "self"], ["sites", "sites.read"], ["managers", "managers.read"], ["orgs", "orgs.read"], ["subaccounts", "subaccounts.write"], ["organisation", "org.read"],
  ["access", "access.give"], ["audit", "audit.read"], ["webhooks", "webhooks.write"], ["tokens", "tokens.write"], ["rights", "org.read"],
  ["mails", "service.write"], ["mails/preview", "service.write"], ["policy-text", "service.write"], ["notices", "self"], ["profile", "self"], ["security", "self"],
  ["home", "home.read"],
];

/** Every page outside a site that a role has, and the pages of a site and an organisation that came with accounts. */
export function homePages(role, me, { org, site }) {
  const may = (right) => me.rights.includes(right);
  const pages = withRight.filter(([name, right]) => may(right) && (name !== "" || !may("home.read"))).map(([name]) => `/${name}`);
  if (may("orgs.read")) pages.push(`/orgs/${org}`);
  if (may("sites.read") && role !== "operator") pages.push(`/sites/${site}`, `/sites/${site}/people`);
  if (may("sites.write") && role !== "operator") pages.push(`/sites/${site}/settings`, `/sites/${site}/readiness`);
  const named = (path) => path.slice(1).replace(org, "one").replace(site, "one").replaceAll("/", "-") || "dashboard";
  const out = pages.map((path) => ({ name: `${role}-${named(path)}`, path }));
  const menu = async (page) => {
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menu").waitFor();
  };
  return [...out, { name: `${role}-menu`, path: may("home.read") ? "/home" : "/", after: menu }];
}
