package account

import "slices"

// Right is leave to do one kind of thing. Every route of the API names the one it needs; a token's scopes are rights too.
type Right string

// Rights.
const (
	Self           Right = "self"
	SitesRead      Right = "sites.read"
	SitesWrite     Right = "sites.write"
	PeopleRead     Right = "people.read"
	PeopleWrite    Right = "people.write"
	PeopleDelete   Right = "people.delete"
	KeysWrite      Right = "keys.write"
	DevicesRead    Right = "devices.read"
	DevicesWrite   Right = "devices.write"
	DevicesCare    Right = "devices.care"
	DevicesRemote  Right = "devices.remote"
	SecretsRead    Right = "secrets.read"
	MACsRead       Right = "macs.read"
	MACsWrite      Right = "macs.write"
	AgentsWrite    Right = "agents.write"
	DoorsOpen      Right = "doors.open"
	EventsRead     Right = "events.read"
	EventsKeep     Right = "events.keep"
	ManagersRead   Right = "managers.read"
	ManagersWrite  Right = "managers.write"
	ResidentsWrite Right = "residents.write"
	HomesReset     Right = "homes.reset"
	HomeRead       Right = "home.read"
	HomeDelete     Right = "home.delete"
	SubsWrite      Right = "subaccounts.write"
	OrgRead        Right = "org.read"
	OrgWrite       Right = "org.write"
	OrgsRead       Right = "orgs.read"
	OrgsWrite      Right = "orgs.write"
	OrgsEnter      Right = "orgs.enter"
	BreakGlass     Right = "orgs.break_glass"
	AccessGive     Right = "access.give"
	AuditRead      Right = "audit.read"
	TokensWrite    Right = "tokens.write"
	WebhooksWrite  Right = "webhooks.write"
	ServiceWrite   Right = "service.write"
)

// Rule is one row of the table: who holds a right, and where it ends.
type Rule struct {
	Right Right
	Does  string // what it allows, for a person
	Roles []Role
	// InPerson rights need the person: no token holds them, and nobody who entered with consent.
	InPerson bool
	// NoGuest rights are held by nobody who entered with leave: what they make would outlive the leave, or opens a door.
	NoGuest bool
	// Writes is false for rights that only read; read-only consent ends there.
	Writes bool
}

var (
	everybody  = Roles()
	installers = []Role{RoleOperator, RoleInstaller, RoleSubInstaller}
	onSite     = append(slices.Clone(installers), RoleManager, RoleAdministrator)
	owners     = []Role{RoleOperator, RoleInstaller}
	above      = []Role{RoleOperator, RoleDistributor}
)

// rules is the whole truth about who may do what. An operator works in its own installer organisation like any installer; what belongs to
// others it sees only with leave (BEY-19). What a manager may do at one site is narrowed further by the switches of the assignment.
var rules = []Rule{
	{Right: Self, Does: "Look after the own account: password, second factor, sessions, language, notices", Roles: everybody, InPerson: true, Writes: true},
	{Right: SitesRead, Does: "See sites, buildings, apartments, network groups and agents", Roles: onSite},
	{Right: SitesWrite, Does: "Add, change and delete sites, buildings, apartments, network groups and boards", Roles: installers, Writes: true},
	{Right: PeopleRead, Does: "See the people of a site", Roles: onSite},
	{Right: PeopleWrite, Does: "Add and change the people of a site", Roles: append(slices.Clone(installers), RoleManager), Writes: true},
	{Right: PeopleDelete, Does: "Delete people; a manager needs Delete Account Permission at the site", Roles: append(slices.Clone(installers), RoleManager), Writes: true},
	{Right: KeysWrite, Does: "Give people PINs and cards, and set which doors they open and when", Roles: append(slices.Clone(installers), RoleManager), NoGuest: true, Writes: true},
	{Right: DevicesRead, Does: "See devices, boards and what agents found", Roles: onSite},
	{Right: DevicesWrite, Does: "Add, change and delete devices", Roles: installers, Writes: true},
	{Right: DevicesCare, Does: "Restart devices and reset them to the factory's settings", Roles: installers, NoGuest: true, Writes: true},
	{Right: DevicesRemote, Does: "Open a device's own pages from afar", Roles: installers, InPerson: true, NoGuest: true, Writes: true},
	{Right: MACsRead, Does: "See the MAC library; a distributor those of its installers", Roles: append(slices.Clone(installers), RoleDistributor)},
	{Right: MACsWrite, Does: "Register MACs and take free ones out of the library", Roles: append(slices.Clone(installers), RoleDistributor), Writes: true},
	{Right: SecretsRead, Does: "Read the SIP password of a device", Roles: installers, InPerson: true, Writes: true},
	{Right: AgentsWrite, Does: "Claim, rename and revoke agents", Roles: installers, Writes: true},
	{Right: DoorsOpen, Does: "Open a door from afar and see what came of it", Roles: installers, NoGuest: true, Writes: true},
	{Right: EventsRead, Does: "See the log of doors and calls; a manager needs Log Access Control at the site", Roles: append(slices.Clone(installers), RoleManager)},
	{Right: EventsKeep, Does: "Set how long the log of a site is kept; a manager needs Log Access Control at the site", Roles: append(slices.Clone(installers), RoleManager), NoGuest: true, Writes: true},
	{Right: ManagersRead, Does: "See property managers and their sites", Roles: installers},
	{Right: ManagersWrite, Does: "Add, change, assign and delete property managers", Roles: installers, NoGuest: true, Writes: true},
	{Right: ResidentsWrite, Does: "Give residents and family an account, and take it back", Roles: append(slices.Clone(installers), RoleManager), NoGuest: true, Writes: true},
	{Right: HomesReset, Does: "Reset homes for the next tenant; a distributor only kits directly below it", Roles: append(slices.Clone(above), RoleInstaller, RoleSubInstaller, RoleManager), NoGuest: true, Writes: true},
	{Right: HomeRead, Does: "See the own home", Roles: []Role{RoleResident, RoleFamily}},
	{Right: HomeDelete, Does: "Delete the own account, which resets the home", Roles: []Role{RoleResident}, InPerson: true, Writes: true},
	{Right: SubsWrite, Does: "Add, change and delete sub-installers", Roles: owners, InPerson: true, Writes: true},
	{Right: OrgRead, Does: "See the forms of the own organisation", Roles: []Role{RoleOperator, RoleDistributor, RoleInstaller, RoleSubInstaller}},
	{Right: OrgWrite, Does: "Change the forms of the own organisation", Roles: []Role{RoleOperator, RoleDistributor, RoleInstaller, RoleSubInstaller}, Writes: true},
	{Right: OrgsRead, Does: "See the organisations handed out, and their gates", Roles: above},
	{Right: OrgsWrite, Does: "Hand out organisations, set their gates, send new links", Roles: above, Writes: true},
	{Right: OrgsEnter, Does: "Enter an organisation while its owner allows it", Roles: above, InPerson: true, Writes: true},
	{Right: BreakGlass, Does: "Enter an organisation in an emergency: with a reason, for a time, and its owner is told", Roles: []Role{RoleOperator}, InPerson: true, Writes: true},
	{Right: AccessGive, Does: "Let those above in, see them there, and end it", Roles: append(slices.Clone(owners), RoleDistributor), InPerson: true, Writes: true},
	{Right: AuditRead, Does: "Read and export the audit", Roles: []Role{RoleOperator, RoleDistributor, RoleInstaller, RoleSubInstaller}},
	{Right: TokensWrite, Does: "Make and revoke the own API tokens", Roles: []Role{RoleOperator, RoleDistributor, RoleInstaller, RoleSubInstaller, RoleManager}, InPerson: true, Writes: true},
	{Right: WebhooksWrite, Does: "Make, change and delete webhooks", Roles: installers, InPerson: true, Writes: true},
	{Right: ServiceWrite, Does: "Run the service: mails, privacy policy, notices to all", Roles: []Role{RoleOperator}, InPerson: true, Writes: true},
}

// Rules gives the table of rights, in the order in which it is shown.
func Rules() []Rule { return rules }

// RuleOf finds the row of a right; ok is false when there is none.
func RuleOf(r Right) (Rule, bool) {
	i := slices.IndexFunc(rules, func(rule Rule) bool { return rule.Right == r })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// May tells whether the table gives a right to a role.
func (r Role) May(right Right) bool {
	rule, ok := RuleOf(right)
	return ok && slices.Contains(rule.Roles, r)
}
