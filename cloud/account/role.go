package account

// Role says what an account is for; what it may do is in the table of rights.
type Role string

// Roles, from the root of the tree down. The account of the set-up is the operator.
const (
	RoleOperator      Role = "operator"      // runs the service; owns an installer organisation of its own beside
	RoleDistributor   Role = "distributor"   // hands out installer accounts
	RoleInstaller     Role = "installer"     // owns an installer organisation and its sites
	RoleSubInstaller  Role = "subinstaller"  // works on the data of its installer, at the same time as others (ACC-19)
	RoleManager       Role = "manager"       // property or project manager of the sites assigned to it (PM-01)
	RoleAdministrator Role = "administrator" // of a company in a commercial site
	RoleResident      Role = "resident"      // family master of a home
	RoleFamily        Role = "family"        // member of a home
)

// Roles lists every role once, from the root down.
func Roles() []Role {
	return []Role{
		RoleOperator, RoleDistributor, RoleInstaller, RoleSubInstaller, RoleManager, RoleAdministrator, RoleResident, RoleFamily,
	}
}

// OrgKind says where an organisation stands in the tree.
type OrgKind string

// Kinds of organisations, from the root down.
const (
	OrgOperator    OrgKind = "operator"
	OrgDistributor OrgKind = "distributor"
	OrgInstaller   OrgKind = "installer"
)
