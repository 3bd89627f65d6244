// The pages on which buildings, homes, people and devices are described, with nothing in them and with much.

const dialog = (page) => page.getByRole("dialog");

/** Presses a button and waits for the form that it opens. */
const opens = (name) => async (page) => {
  await page.getByRole("button", { name }).first().click();
  await dialog(page).locator("form").first().waitFor();
};

const press = (name) => (page) => page.getByRole("button", { name }).first().click();

/** The forms of new sites, and what a site of each kind shows before anything is in it. */
export function emptyBuildingPages({ community, tower, shop, office, home }) {
  const at = (site) => `/sites/${site}`;
  const kinds = ["community", "commercial", "single", "office"].map((kind) => ({ name: `new-${kind}`, path: `/sites/new/${kind}` }));
  const of = (kind, site, names) => names.map((name) => ({ name: `empty-${kind}-${name || "overview"}`, path: `${at(site)}/${name}`.replace(/\/$/, "") }));
  return [
    ...kinds,
    { name: "new-community-plans", path: "/sites/new/community", after: press("Read instructions") },
    { name: "new-community-advanced", path: "/sites/new/community", after: press("Next: advanced info") },
    ...of("community", community, ["", "buildings", "people", "devices", "cameras", "found"]),
    ...of("office", office, ["", "departments", "people", "devices"]),
    ...of("commercial", tower, ["", "companies", "people", "devices"]),
    ...of("shop", shop, ["companies"]),
    ...of("single", home, ["", "devices"]),
    { name: "empty-building-form", path: `${at(community)}/buildings`, after: opens("New building") },
    { name: "empty-device-new", path: `${at(community)}/devices/new` },
    { name: "empty-macs", path: "/macs" },
    { name: "register-wrong", path: "/register#token=not-a-token" },
  ];
}

/** The forms of people: a new one, and one that is known. */
const personForms = (kind, site) => [
  { name: `${kind}-person-new`, path: `/sites/${site}/people`, after: opens(/^Add (a person|a family member)$/) },
  { name: `${kind}-person-edit`, path: `/sites/${site}/people`, after: opens(/^Edit (person:|.)/) },
];

/** The same with much in it, and each form that a thing of each type and place has. */
export function fullBuildingPages({ community, tower, shop, office, home, building, apartment, gate, door, monitor, more, family }) {
  const [c, o, t, h] = [community, office, tower, home].map((site) => `/sites/${site}`);
  const edits = (name, path) => ({ name, path, after: opens("Edit") });
  const flat = `${c}/buildings/apartments/${more.apartment}`;
  const withSequence = async (page) => {
    await opens("Edit")(page);
    await page.getByRole("textbox", { name: "Contact preference" }).or(page.getByRole("combobox", { name: "Contact preference" })).first().click();
    await page.getByRole("option", { name: /^Sequence/ }).click();
  };
  return [
    { name: "list-community", path: "/sites?kind=community" }, { name: "list-commercial", path: "/sites?kind=commercial" },
    { name: "list-office", path: "/sites?kind=office" }, { name: "list-single", path: "/sites?kind=single" },
    { name: "community-overview", path: c }, { name: "community-buildings", path: `${c}/buildings` },
    { name: "community-public", path: `${c}/buildings/public` },
    { name: "community-building", path: `${c}/buildings/${building}` }, { name: "community-building-devices", path: `${c}/buildings/${building}?tab=devices` },
    edits("community-building-edit", `${c}/buildings/${building}`),
    { name: "community-apartment", path: flat }, edits("community-apartment-edit", flat),
    { name: "community-apartment-sequence", path: flat, after: withSequence },
    { name: "community-apartment-new", path: `${c}/buildings/${building}`, after: opens("New apartment") },
    { name: "community-apartment-reset", path: `${c}/buildings/apartments/${apartment}` },
    { name: "community-people", path: `${c}/people` }, ...personForms("community", community),
    { name: "community-devices", path: `${c}/devices` }, { name: "community-cameras", path: `${c}/cameras` },
    { name: "community-camera-form", path: `${c}/cameras`, after: opens("Add camera") },
    { name: "community-settings", path: `${c}/settings` },
    { name: "device-public", path: `${c}/devices/${gate}` }, edits("device-public-edit", `${c}/devices/${gate}`),
    { name: "device-building", path: `${c}/devices/${door}` }, edits("device-building-edit", `${c}/devices/${door}`),
    { name: "device-monitor", path: `${c}/devices/${monitor}` }, edits("device-monitor-edit", `${c}/devices/${monitor}`),
    edits("device-guard-edit", `${c}/devices/${more.guard}`),
    { name: "office-overview", path: o }, { name: "office-departments", path: `${o}/departments` }, { name: "office-people", path: `${o}/people` },
    ...personForms("office", office), { name: "office-devices", path: `${o}/devices` }, { name: "office-device-new", path: `${o}/devices/new` }, { name: "office-settings", path: `${o}/settings` },
    { name: "commercial-overview", path: t }, { name: "commercial-companies", path: `${t}/companies` }, { name: "commercial-people", path: `${t}/people` },
    ...personForms("commercial", tower), { name: "commercial-device-new", path: `${t}/devices/new` }, { name: "commercial-settings", path: `${t}/settings` },
    { name: "shop-settings", path: `/sites/${shop}/settings` },
    { name: "single-overview", path: h }, { name: "single-people", path: `${h}/people` }, ...personForms("single", home),
    { name: "single-devices", path: `${h}/devices` }, edits("single-device-edit", `${h}/devices/${family.device}`),
    { name: "single-device-new", path: `${h}/devices/new` }, { name: "single-settings", path: `${h}/settings` },
    { name: "macs", path: "/macs" },
  ];
}
