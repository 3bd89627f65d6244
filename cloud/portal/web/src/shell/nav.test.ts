import { describe, expect, it } from "vitest";
import { hasTwoWorks, type Eyes } from "./eyes";
import { bottomNav, homeNav, navFor, siteNavFor } from "./nav";
import { inWork } from "./work";

const site = ["sites.read", "devices.read", "people.read", "events.read"];
const eyes = (role: string, rights: string[], gates: Eyes["gates"] = {}): Eyes => ({ role, rights: ["self", ...rights], gates });
const to = (e: Eyes, work: "project" | "single" = "project") => navFor(e, work).map((n) => n.to);

describe("navigation", () => {
  it("has what a right gives, and nothing else", () => {
    expect(to(eyes("manager", [...site, "tokens.write"]))).toEqual(["/", "/sites", "/tokens", "/notices", "/profile", "/security"]);
    expect(to(eyes("distributor", ["orgs.read", "org.read", "audit.read"]))).not.toContain("/sites");
  });

  it("shows residents their home and no dashboard", () => {
    expect(to(eyes("resident", ["home.read"]))).toEqual(["/home", "/notices", "/profile", "/security"]);
  });

  it("keeps a page away while its gate is shut", () => {
    expect(to(eyes("installer", ["access.give"]))).not.toContain("/access");
    expect(to(eyes("installer", ["access.give"], { account_access: true }))).toContain("/access");
  });

  it("names organisations by who looks", () => {
    const label = (role: string) => navFor(eyes(role, ["orgs.read"]), "project").find((n) => n.to === "/orgs")?.label;
    expect(label("operator")).toBe("nav.orgs");
    expect(label("distributor")).toBe("nav.installers");
  });

  it("differs between projects and single-tenant work", () => {
    const installer = eyes("installer", [...site, "sites.write", "managers.read", "webhooks.write"]);
    expect(hasTwoWorks(installer)).toBe(true);
    expect(to(installer, "single")).not.toContain("/managers");
    expect(to(installer, "single")[0]).toBe("/sites");
    expect(to(installer)[0]).toBe("/");
    expect([inWork("single", "single"), inWork("single", "community"), inWork("project", "office")]).toEqual([true, false, true]);
  });

  it("leaves out pages of a site that one may not read", () => {
    const pages = siteNavFor(eyes("administrator", ["sites.read", "people.read", "devices.read"]), "community").map((n) => n.label);
    expect(pages).not.toContain("nav.log");
    expect(pages).not.toContain("nav.settings");
  });

  it("has the pages of the kind of site: buildings, departments or companies, never two of them", () => {
    const made = (kind: Parameters<typeof siteNavFor>[1]) => siteNavFor(eyes("installer", site), kind).filter((n) => n.kinds).map((n) => n.label);
    expect(made("community")).toEqual(["nav.buildings"]);
    expect(made("office")).toEqual(["nav.departments"]);
    expect(made("commercial")).toEqual(["nav.companies"]);
    expect(made("single")).toEqual([]);
    expect(made(undefined)).toEqual([]);
  });

  it("keeps four pages at hand on a phone", () => {
    const bottom = (kind: Parameters<typeof siteNavFor>[1]) => bottomNav(siteNavFor(eyes("installer", site), kind)).map((n) => n.label);
    expect(bottom("community")).toEqual(["nav.overview", "nav.buildings", "nav.devices", "nav.log"]);
    expect(bottom("single")).toEqual(["nav.overview", "nav.devices", "nav.people", "nav.log"]);
  });

  it("knows each address once", () => {
    expect(new Set(homeNav.map((n) => n.to)).size).toBe(homeNav.length);
  });
});
