package configsync_test

import (
	"testing"
	"time"

	"vestibule/shared/wire"
)

// A site to which nothing happened says nothing again: the cloud names the last report that it stored. What it names otherwise is an older one, and then it
// gets everything.
//
// shows EDGE-05 by agent/configsync/reports.go: "if told != 0 && told == r.last {" => "if false {"
func TestSync_WhatTheCloudHasStoredIsNotToldAgain(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer func() { b.stop() }()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	b.connect(c)
	b.c.Turn(ctx)
	if len(b.line.reports) != 1 || !b.line.reports[0].Full {
		t.Fatalf("the first session: %+v", b.line.reports)
	}
	b.told = wire.Told(b.line.conn, 1) // stored; the answer was lost with the connection
	for range 2 {
		b.connect(c)
		b.c.Turn(ctx)
		if len(b.line.reports) != 0 {
			t.Fatalf("told again: %+v", b.line.reports)
		}
	}
	b.c.ReportReach(wire.Reach{})
	b.c.Turn(ctx)
	if len(b.line.reports) != 1 || b.line.reports[0].Full || b.line.reports[0].Reach == nil {
		t.Fatalf("news: %+v", b.line.reports)
	}
	b.connect(c) // the database is older: it names the report before
	b.c.Turn(ctx)
	if len(b.line.reports) != 1 || !b.line.reports[0].Full || b.line.reports[0].Reach == nil {
		t.Fatalf("everything: %+v", b.line.reports)
	}
}

// Who is heard is told once, again while nobody acknowledged it, and anew on each session: the cloud may have forgotten.
//
// shows BEY-09 by agent/configsync/reports.go: "report.Trunk, report.Reach = r.trunk.take(), r.reach.take()" => "report.Trunk = r.trunk.take()"
// shows BEY-09 by agent/configsync/reports.go: "r.reach.again()"
// shows BEY-09 by agent/configsync/reports.go: "r.reach.begin()"
func TestSync_WhoIsHeardIsToldUntilAcknowledged(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer func() { b.stop() }()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	b.connect(c)
	b.c.Received(envelope(t, wire.KindReported, wire.Reported{Seq: 1}))
	told := func(n int) bool {
		return len(b.line.reports) == n && b.line.reports[n-1].Reach != nil && b.line.reports[n-1].Reach.Links[0].Interface == "eth0"
	}
	b.c.ReportReach(wire.Reach{Links: []wire.ReachLink{{Interface: "eth0"}}})
	b.c.Turn(ctx)
	if !told(2) {
		t.Fatalf("%+v", b.line.reports)
	}
	b.clock.now = b.clock.now.Add(6 * time.Second)
	b.c.Turn(ctx)
	if !told(3) {
		t.Fatalf("not told again: %+v", b.line.reports)
	}
	b.c.Received(envelope(t, wire.KindReported, wire.Reported{Seq: 3}))
	b.clock.now = b.clock.now.Add(time.Minute)
	b.c.Turn(ctx)
	if len(b.line.reports) != 3 {
		t.Fatal("told after it was acknowledged")
	}
	b.connect(c)
	if r := b.line.reports; len(r) == 0 || r[len(r)-1].Reach == nil {
		t.Fatalf("not told on a new session: %+v", r)
	}
}
