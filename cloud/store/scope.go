package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// scope limits a query to rows whose site, in column, the caller of ctx may see. It is the one place where that is decided:
//
//	the service's own work       every site
//	installer, sub-installer     sites of the organisation
//	operator, distributor        sites of the own installer organisation; what belongs to others only after entering, as an installer there
//	manager, administrator       sites assigned to the account, while they belong to the organisation
//	resident, family             the site of the own person
//	nobody                       nothing
//
// Who entered with leave sees nothing from the moment it ends (BEY-19).
func scope(ctx context.Context, column string) func(*gorm.DB) *gorm.DB {
	return sitesOf(ctx, column+" IN (SELECT id FROM sites WHERE deleted_at IS NULL AND ", ")")
}

// scopeOf is scope for the rows of one site: whether the caller may see it is asked once and not of every row.
func scopeOf(ctx context.Context, site domain.SiteID) func(*gorm.DB) *gorm.DB {
	return sitesOf(ctx, "EXISTS (SELECT 1 FROM sites WHERE id = '"+site.String()+"' AND deleted_at IS NULL AND ", ")")
}

// pastScope is scope for what outlives its site: deleted sites count too.
func pastScope(ctx context.Context, column string) func(*gorm.DB) *gorm.DB {
	return sitesOf(ctx, column+" IN (SELECT id FROM sites WHERE ", ")")
}

// pastSites is pastScope as PostgreSQL looks it up in an index of column, even where it is one of several conditions of which any is enough.
func pastSites(ctx context.Context, column string) func(*gorm.DB) *gorm.DB {
	return sitesOf(ctx, column+" = ANY (ARRAY(SELECT id FROM sites WHERE ", "))")
}

// sitesOf completes a condition that ends inside a query on sites; end closes both.
func sitesOf(ctx context.Context, sites, end string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if _, ok := account.System(ctx); ok {
			return db
		}
		caller, ok := callerOf(ctx)
		if !ok {
			return db.Where("1 = 0")
		}
		switch caller.Role {
		case account.RoleOperator, account.RoleDistributor:
			db = db.Where(sites+"org_id IN (SELECT id FROM orgs WHERE parent_id = ? AND own AND deleted_at IS NULL)"+end, caller.Org)
		case account.RoleInstaller, account.RoleSubInstaller:
			db = db.Where(sites+"org_id = ?"+end, caller.Org)
		case account.RoleManager, account.RoleAdministrator:
			db = db.Where(sites+"org_id = ? AND id IN (SELECT site_id FROM site_managers WHERE account_id = ?)"+end, caller.Org, caller.Account)
		case account.RoleResident, account.RoleFamily:
			db = db.Where(sites+"org_id = ? AND id IN (SELECT site_id FROM people WHERE id = ? AND deleted_at IS NULL)"+end, caller.Org, caller.Person)
		default:
			return db.Where("1 = 0")
		}
		return whileGranted(db, caller)
	}
}

// callerOf gives the caller of ctx; false when there is none or it acts in no organisation.
func callerOf(ctx context.Context) (account.Caller, bool) {
	caller, ok := account.From(ctx)
	return caller, ok && !caller.Org.IsZero()
}

// installerScope limits a query to rows whose organisation, in column, is the installer organisation that the caller of ctx works in: the own
// one, or the one that was entered. Managers and residents work in none.
func installerScope(ctx context.Context, column string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if _, ok := account.System(ctx); ok {
			return db
		}
		caller, ok := callerOf(ctx)
		if !ok {
			return db.Where("1 = 0")
		}
		switch caller.Role {
		case account.RoleOperator, account.RoleDistributor:
			db = db.Where(column+" IN (SELECT id FROM orgs WHERE parent_id = ? AND own AND deleted_at IS NULL)", caller.Org)
		case account.RoleInstaller, account.RoleSubInstaller:
			db = db.Where(column+" = ?", caller.Org)
		default:
			return db.Where("1 = 0")
		}
		return whileGranted(db, caller)
	}
}

// whileGranted shows nothing to who is inside with leave that has ended (BEY-19).
func whileGranted(db *gorm.DB, caller account.Caller) *gorm.DB {
	if caller.Entry == nil {
		return db
	}
	return db.Where("EXISTS (SELECT 1 FROM grants WHERE grants.id = ? AND grants.org_id = ? AND "+running+")",
		caller.Entry.Grant, caller.Org, time.Now().UnixMilli())
}

// in starts a query on the rows of one site, as far as the caller of ctx may see them.
func (s *Store) in(ctx context.Context, site domain.SiteID) *gorm.DB {
	return s.conn(ctx).Scopes(scopeOf(ctx, site), ownCompany(ctx)).Where("site_id = ?", site)
}

// ownCompany limits what the administrator of a company sees of its site to that company (SITE-37): the company, its people, its devices and those
// that nobody owns alone. Other roles and tables are left as they are.
func ownCompany(ctx context.Context) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		switch table := tableOf(db); table {
		case "companies":
			return companyOf(ctx, table+".id", "")(db)
		case "people":
			return companyOf(ctx, table+".company_id", "")(db)
		case "devices":
			return companyOf(ctx, table+".company_id", table+".company_id IS NULL OR ")(db)
		}
		return db
	}
}

// companyOf limits a query to rows whose company, in column, is one that the caller administers; or widens that, such as to rows of nobody.
func companyOf(ctx context.Context, column, or string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		caller, ok := callerOf(ctx)
		if !ok || caller.Role != account.RoleAdministrator {
			return db
		}
		return db.Where("("+or+column+` IN (SELECT own.company_id FROM people own WHERE own.deleted_at IS NULL AND own.company_id IS NOT NULL
			AND (own.id = ? OR own.id IN (SELECT person_id FROM account_people WHERE account_id = ?))))`, caller.Person, caller.Account)
	}
}

// tableOf tells which table a query is about.
func tableOf(db *gorm.DB) string {
	statement := db.Statement
	model := statement.Model
	if model == nil {
		model = statement.Dest
	}
	if statement.Table == "" && model != nil {
		named := &gorm.Statement{DB: db}
		if named.Parse(model) == nil {
			return named.Table
		}
	}
	return statement.Table
}
