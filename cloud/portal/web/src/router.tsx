import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { meQuery } from "./api/account";
import { asProblem } from "./api/problem";
import type { ReactNode } from "react";
import { Missing } from "./pages/missing";
import { Failed } from "./parts/page";
import { startOf } from "./shell/eyes";
import { Inside } from "./shell/inside";
import { HomeShell } from "./shell/shell";
import { adoptLanguage } from "./text/language";

interface Context { client: QueryClient }

const root = createRootRouteWithContext<Context>()({ component: Outlet });

const setup = createRoute({ getParentRoute: () => root, path: "/setup", component: lazyRouteComponent(() => import("./pages/account/setup")) });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (s: Record<string, unknown>): { next?: string } => (typeof s["next"] === "string" ? { next: s["next"] } : {}),
  component: lazyRouteComponent(() => import("./pages/account/session")),
});

const next = (s: Record<string, unknown>): { next?: string } => (typeof s["next"] === "string" ? { next: s["next"] } : {});
const activate = createRoute({ getParentRoute: () => root, path: "/activate", component: lazyRouteComponent(() => import("./pages/account/activate")) });
const reset = createRoute({ getParentRoute: () => root, path: "/reset", component: lazyRouteComponent(() => import("./pages/account/reset")) });
const confirm = createRoute({ getParentRoute: () => root, path: "/confirm", component: lazyRouteComponent(() => import("./pages/account/confirm")) });
const register = createRoute({ getParentRoute: () => root, path: "/register", component: lazyRouteComponent(() => import("./pages/register/register")) });
const policy = createRoute({ getParentRoute: () => root, path: "/policy", component: lazyRouteComponent(() => import("./pages/account/policy")) });

// What is still missing between a right password and the portal.
const gate = createRoute({
  getParentRoute: () => root,
  path: "/gate",
  validateSearch: next,
  beforeLoad: async ({ context, search }) => {
    try {
      await context.client.ensureQueryData(meQuery);
    } catch (err) {
      if (asProblem(err).status !== 401) throw err;
      throw redirect({ to: "/sign-in", search });
    }
  },
  errorComponent: ({ error }) => <Failed error={error} again={() => location.reload()} />,
  component: lazyRouteComponent(() => import("./pages/account/gate")),
});

// Everything below wants somebody signed in.
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ context, location }) => {
    let me;
    try {
      me = await context.client.ensureQueryData(meQuery);
      await adoptLanguage((me as { language?: string }).language);
    } catch (err) {
      if (asProblem(err).status !== 401) throw err;
      throw redirect({ to: "/sign-in", search: location.pathname === "/" ? {} : { next: location.href } });
    }
    if (me.gate !== "") throw redirect({ to: "/gate", search: location.pathname === "/" ? {} : { next: location.href } });
  },
  errorComponent: ({ error }) => <Failed error={error} again={() => location.reload()} />,
  component: Inside,
});

/** A page inside, in the frame with the rail of the account: its module's default export is the page. */
function page<const P extends string>(path: P, load: () => Promise<{ default: () => ReactNode }>) {
  return createRoute({ getParentRoute: () => inside, path, component: lazyRouteComponent(load) });
}

const dashboard = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: ({ context }) => {
    const start = startOf(context.client);
    if (start !== "/") throw redirect({ to: start });
  },
  component: lazyRouteComponent(() => import("./pages/dashboard/dashboard")),
});

// Pages of the account and the organisation: `const managers = page("/managers", () => import("./pages/managers/managers"));`

const access = page("/access", () => import("./pages/access/access"));
const audit = page("/audit", () => import("./pages/audit/audit"));
const notices = page("/notices", () => import("./pages/notices/notices"));
const orgs = page("/orgs", () => import("./pages/orgs/orgs"));
const org = page("/orgs/$org", () => import("./pages/orgs/org"));
const subaccounts = page("/subaccounts", () => import("./pages/subaccounts/subaccounts"));
const organisation = page("/organisation", () => import("./pages/organisation/organisation"));
const rights = page("/rights", () => import("./pages/organisation/rights"));
const security = page("/security", () => import("./pages/security/security"));
const managers = page("/managers", () => import("./pages/managers/managers"));
const homeDevices = page("/devices", () => import("./pages/devices/homedevices"));
const macs = page("/macs", () => import("./pages/macs/macs"));
const myHome = page("/home", () => import("./pages/home/home"));
const tokens = page("/tokens", () => import("./pages/tokens/tokens"));
const mails = page("/mails", () => import("./pages/mails/mails"));
const mailPreview = page("/mails/preview", () => import("./pages/mails/preview"));
const webhooks = page("/webhooks", () => import("./pages/webhooks/webhooks"));
const webhook = page("/webhooks/$webhook", () => import("./pages/webhooks/webhook"));
const profile = page("/profile", () => import("./pages/profile/profile"));
const policyText = page("/policy-text", () => import("./pages/account/policyedit"));

const sites = page("/sites", () => import("./pages/sites/sites"));

const newSite = page("/sites/new/$kind", () => import("./pages/sites/newsite"));

const site = createRoute({ getParentRoute: () => inside, path: "/sites/$site", component: lazyRouteComponent(() => import("./shell/site")) });

const word = (v: unknown): string | undefined => (typeof v === "string" && v !== "" ? v : undefined);

const overview = createRoute({ getParentRoute: () => site, path: "/", component: lazyRouteComponent(() => import("./pages/overview/overview")) });
const buildings = createRoute({
  getParentRoute: () => site,
  path: "buildings",
  component: lazyRouteComponent(() => import("./pages/buildings/buildings")),
});
const building = createRoute({
  getParentRoute: () => buildings,
  path: "$building",
  component: lazyRouteComponent(() => import("./pages/buildings/building")),
});
const community = createRoute({
  getParentRoute: () => buildings,
  path: "all",
  component: lazyRouteComponent(() => import("./pages/buildings/community")),
});
const publicArea = createRoute({
  getParentRoute: () => buildings,
  path: "public",
  component: lazyRouteComponent(() => import("./pages/buildings/public")),
});
const apartment = createRoute({
  getParentRoute: () => buildings,
  path: "apartments/$apartment",
  component: lazyRouteComponent(() => import("./pages/buildings/apartment")),
});
const devices = createRoute({
  getParentRoute: () => site,
  path: "devices",
  component: lazyRouteComponent(() => import("./pages/devices/devices")),
});
const device = createRoute({
  getParentRoute: () => site,
  path: "devices/$device",
  component: lazyRouteComponent(() => import("./pages/devices/device")),
});
const newDevice = createRoute({
  getParentRoute: () => site,
  path: "devices/new",
  validateSearch: (s: Record<string, unknown>): { mac?: string; apartment?: string; building?: string; department?: string; company?: string } => ({
    mac: word(s["mac"]),
    apartment: word(s["apartment"]),
    building: word(s["building"]),
    department: word(s["department"]),
    company: word(s["company"]),
  }),
  component: lazyRouteComponent(() => import("./pages/devices/newdevice")),
});
const cameras = createRoute({ getParentRoute: () => site, path: "cameras", component: lazyRouteComponent(() => import("./pages/cameras/cameras")) });
const boards = createRoute({ getParentRoute: () => site, path: "boards", component: lazyRouteComponent(() => import("./pages/devices/boards")) });
const candidates = createRoute({
  getParentRoute: () => site,
  path: "found",
  component: lazyRouteComponent(() => import("./pages/devices/candidates")),
});
const people = createRoute({ getParentRoute: () => site, path: "people", component: lazyRouteComponent(() => import("./pages/people/people")) });
const person = createRoute({ getParentRoute: () => site, path: "people/$person", component: lazyRouteComponent(() => import("./pages/people/person")) });
const accessGroups = createRoute({ getParentRoute: () => site, path: "access", component: lazyRouteComponent(() => import("./pages/accessgroups/accessgroups")) });
const departments = createRoute({ getParentRoute: () => site, path: "departments", component: lazyRouteComponent(() => import("./pages/departments/departments")) });
const companies = createRoute({ getParentRoute: () => site, path: "companies", component: lazyRouteComponent(() => import("./pages/companies/companies")) });
const calls = createRoute({ getParentRoute: () => site, path: "calls", component: lazyRouteComponent(() => import("./pages/calls/calls")) });
const call = createRoute({ getParentRoute: () => site, path: "calls/$call", component: lazyRouteComponent(() => import("./pages/calls/call")) });
const log = createRoute({
  getParentRoute: () => site,
  path: "log",
  validateSearch: (s: Record<string, unknown>): { show?: string } => ({ show: word(s["show"]) }),
  component: lazyRouteComponent(() => import("./pages/log/events")),
});
const agents = createRoute({ getParentRoute: () => site, path: "agents", component: lazyRouteComponent(() => import("./pages/agents/agents")) });
const claim = createRoute({ getParentRoute: () => site, path: "agents/claim", component: lazyRouteComponent(() => import("./pages/agents/claims")) });
const imports = createRoute({ getParentRoute: () => site, path: "imports", component: lazyRouteComponent(() => import("./pages/imports/imports")) });
const plan = createRoute({ getParentRoute: () => site, path: "imports/$import", component: lazyRouteComponent(() => import("./pages/imports/plan")) });
const readiness = createRoute({ getParentRoute: () => site, path: "readiness", component: lazyRouteComponent(() => import("./pages/organisation/readiness")) });
const network = createRoute({ getParentRoute: () => site, path: "networks/$group", component: lazyRouteComponent(() => import("./pages/networks/network")) });
const settings = createRoute({ getParentRoute: () => site, path: "settings", component: lazyRouteComponent(() => import("./pages/settings/settings")) });

const tree = root.addChildren([
  setup,
  signIn,
  activate,
  reset,
  confirm,
  register,
  policy,
  gate,
  inside.addChildren([
    dashboard,
    profile,
    policyText,
    access,
    audit,
    notices,
    orgs,
    org,
    subaccounts,
    organisation,
    rights,
    security,
    homeDevices,
    macs,
    managers,
    myHome,
    tokens,
    mails,
    mailPreview,
    webhooks,
    webhook,
    sites,
    newSite,
    site.addChildren([
      overview, buildings.addChildren([community, publicArea, building, apartment]), devices, device, newDevice, cameras, boards, candidates, people, person, accessGroups, network,
      departments, companies, calls, call, log, agents, claim, imports, plan, readiness, settings,
    ]),
  ]),
]);

/** The addresses of the portal. */
export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultNotFoundComponent: () => (
      <HomeShell>
        <Missing />
      </HomeShell>
    ),
  });
}
