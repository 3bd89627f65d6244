package main

import (
	"maps"
	"slices"

	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
)

// copy is a backup of the database.
func (b *base) copy() *base {
	twin := &base{
		w: b.w, sites: b.sites, keys: b.keys, devices: b.devices, links: maps.Clone(b.links), documents: map[domain.SiteID]*document{},
		held: maps.Clone(b.held), lastTold: maps.Clone(b.lastTold), reports: maps.Clone(b.reports), cursors: maps.Clone(b.cursors), rows: map[chain]map[uint64]eventlog.Link{},
		order: slices.Clone(b.order), commands: maps.Clone(b.commands), issued: slices.Clone(b.issued),
	}
	for id, d := range b.documents {
		twin.documents[id] = &document{head: d.head, entities: maps.Clone(d.entities), hashes: maps.Clone(d.hashes)}
	}
	for c, rows := range b.rows {
		twin.rows[c] = maps.Clone(rows)
	}
	return twin
}

// restore stops the cloud and puts its database back as it was: rows that came since are gone, and agents that were told so do not have them any more.
func (w *world) restore(old *base) {
	w.cloud.die()
	w.tell("the cloud is restored from a backup")
	kept := map[[16]byte]bool{}
	for _, r := range old.order {
		kept[r.row.Salt] = true
	}
	for _, r := range w.base.order {
		if f := w.truth.facts[r.row.Salt]; f != nil && !kept[r.row.Salt] {
			f.lost = true // unless its agent holds it still: then it comes again
		}
	}
	b := w.base
	b.links, b.documents, b.held, b.lastTold, b.reports, b.cursors, b.rows = old.links, old.documents, old.held, old.lastTold, old.reports, old.cursors, old.rows
	b.order, b.commands, b.issued = old.order, old.commands, old.issued
	w.truth.known = len(b.issued)
	w.restored++
}

// passed edits a building until its version is above everything that its agents hold or have rejected: after a restored backup they keep to that until then.
func (w *world) passed(s *site) {
	for w.fault == nil {
		w.edit(s)
		head, ahead := w.base.document(s.id).head.Version, false
		for _, a := range s.agents {
			ahead = ahead || max(a.disk.held.Version, a.disk.held.Rejected) >= head
		}
		if !ahead {
			return
		}
	}
}
