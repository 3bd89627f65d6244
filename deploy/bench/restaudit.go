package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// auditWays are the pages of the audit log, of all sites of an organisation. Half the entries are the organisation's, of eight people; the other half
// is of fifty others, and every fourth of those holds a word that none of the own holds.
var auditWays = []restWay{
	{"audit", "/audit?limit=50"},
	{"audit, 500 rows", "/audit?limit=500"},
	{"audit, a person", "/audit?limit=50&account={actor}"},
	{"audit, a person who did three things", "/audit?limit=50&account={seldom}"},
	{"audit, a person of another organisation", "/audit?limit=50&account={stranger}"},
	{"audit, a word", "/audit?limit=50&q={word}"},
	{"audit, two words", "/audit?limit=50&q=deleted+{word}"},
	{"audit, a word that three hold", "/audit?limit=50&q=umbrella"},
	{"audit, a word of others", "/audit?limit=50&q=zimmer"},
	{"audit, a word of none", "/audit?limit=50&q=nobodysword"},
	{"audit, two letters of none", "/audit?limit=50&q=zq"},
	{"audit, a month", "/audit?limit=50&from={from}&to={to}"},
	{"audit, a word of others in a month", "/audit?limit=50&q=zimmer&from={from}&to={to}"},
	{"audit, an action", "/audit?limit=50&action=deleted"},
	{"audit, an action of others", "/audit?limit=50&action=transferred"},
	{"audit, an object of none", "/audit?limit=50&object=coupon"},
	{"audit, a site", "/audit?limit=50&site={site}"},
	{"audit, a word of none in a site", "/audit?limit=50&site={site}&q=nobodysword"},
	{"audit, what happened to one device", "/audit?limit=50&of={object}"},
	{"sites, a word", "/sites?limit=50&q=site+77"},
	{"sites, a word of none", "/sites?limit=50&q=nobodysword"},
}

// fewWays are those of an organisation that did hardly anything itself, among the entries of all others.
var fewWays = []restWay{
	{"audit", "/audit?limit=50"},
	{"audit, a word of others", "/audit?limit=50&q=zimmer"},
	{"audit, a word of none", "/audit?limit=50&q=nobodysword"},
	{"audit, an action of others", "/audit?limit=50&action=deleted"},
}

const (
	deepAudit  = "audit, 20 pages down"
	auditOwner = "owner of the sites"
	auditFew   = "owner of nothing"
)

func wantedAudit() []string {
	var out []string
	for _, w := range auditWays {
		out = append(out, restFigure(w.name, auditOwner))
	}
	out = append(out, restFigure(deepAudit, auditOwner))
	for _, w := range fewWays {
		out = append(out, restFigure(w.name, auditFew))
	}
	return out
}

// askAudit times the pages of the audit log and of the list of sites.
func (r *restCloud) askAudit(ctx context.Context, number int, n rest, say func(string)) ([]figure, error) {
	month := time.Now().UTC().AddDate(0, -6, 0)
	a := asking{client: r.installer, words: auditOwner, of: n, say: say, fill: strings.NewReplacer(
		"{site}", r.Sites[number].String(), "{word}", "kowalski", "{actor}", restID("person", 0, 3), "{seldom}", restID("person", 0, 99),
		"{stranger}", restID("person", 1, 3), "{object}", restID("object", 0, 7),
		"{from}", month.Format("2006-01-02")+"T00:00:00Z", "{to}", month.AddDate(0, 1, 0).Format("2006-01-02")+"T00:00:00Z",
	)}
	if err := a.pages(ctx, auditWays); err != nil {
		return a.got, err
	}
	var page struct {
		Next string `json:"next"`
	}
	for range 20 {
		if err := r.installer.Do(ctx, "GET", "/audit?limit=50&cursor="+page.Next, nil, &page); err != nil {
			return a.got, err
		}
	}
	if err := a.page(ctx, deepAudit, "/audit?limit=50&cursor="+page.Next); err != nil {
		return a.got, err
	}
	a.client, a.words = r.distributor, auditFew
	err := a.pages(ctx, fewWays)
	return a.got, err
}

// auditStatement writes a year of audit entries: $1 of them, the odd ones of organisation $2 and its $3 sites, from the instant $4 on, $5 ms apart.
const auditStatement = `INSERT INTO audit_entries
	(id, site_id, account_id, actor, actor_org_id, behalf, address, action, object, object_id, object_name, reason, before, after, folded, created_at)
	SELECT md5('audit ' || i)::uuid, coalesce(site, md5('site of others ' || i % 997)::uuid), person, actor, CASE WHEN mine THEN $2::uuid ELSE md5('org ' || i % 50)::uuid END,
		'', '10.1.2.3', action, object, thing, name, '', '{"name":"' || name || '"}', '{"name":"' || name || '","floor":"' || i % 9 || '"}',
		lower(actor || ' ' || action || ' ' || object || ' ' || name), $4::bigint + i * $5::bigint
	FROM (
		SELECT i, i % 2 = 1 AS mine, i / 2 * 7919 % $3::bigint AS number,
			CASE WHEN i % 2 = 1 THEN md5('person 0 ' || CASE WHEN i IN (101, 1101, 2101) THEN 99 ELSE i / 2 % 8 END)::uuid ELSE md5('person ' || 1 + i % 50 || ' ' || i / 2 % 8)::uuid END AS person,
			(ARRAY['Ines Bench', 'Anna Costa', 'Bruno Becker', 'Clara Dubois', 'David Eriksen', 'Eva Fischer', 'Franz Garcia', 'Greta Hoffmann'])[1 + i / 2 % 8] AS actor,
			CASE WHEN i % 2 = 0 AND i % 100 = 0 THEN 'transferred' ELSE (ARRAY['created', 'changed', 'changed', 'changed', 'deleted'])[1 + i / 2 % 5] END AS action,
			(ARRAY['apartment', 'person', 'device', 'person', 'site', 'building', 'credential'])[1 + i / 2 % 7] AS object,
			md5('object ' || (i + 1) % 2 || ' ' || i / 14)::uuid AS thing,
			CASE WHEN i IN (501, 1501, 2501) THEN 'Umbrella' WHEN i % 8 = 0 THEN 'Zimmer'
				ELSE (ARRAY['Kowalski', 'Becker', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'Garcia', 'Hoffmann', 'Ivanova', 'Jansen'])[1 + i / 20 % 10] END || ' ' || i % 1000 AS name
		FROM generate_series(1, $1::bigint) AS i
	) AS made LEFT JOIN bench_sites ON mine AND n = number`

// audits writes a year of audit entries.
func (f *filler) audits(ctx context.Context, db *sql.DB, n rest, now time.Time) error {
	year := int64(365 * 24 * time.Hour / time.Millisecond)
	_, err := db.ExecContext(ctx, auditStatement, n.audits, f.org, n.sites, now.UnixMilli()-year, year/int64(n.audits))
	if err != nil {
		return fmt.Errorf("fill the audit log: %w", err)
	}
	return nil
}
