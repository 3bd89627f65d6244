package main

import (
	"fmt"
	"time"

	"vestibule/cloud/command"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
)

// longestRest is how long a world may take to come to rest when nothing breaks any more.
const longestRest = 30 * time.Minute

// rest ends every fault, edits each building once more and waits until everything is told; then every promise must hold.
func (w *world) rest() {
	if w.fault != nil {
		return
	}
	w.tell("calm")
	w.calm = true
	for _, a := range w.agents {
		a.away, a.slow, a.ill, a.tired = w.now, w.now, w.now, w.now
		if l := w.broker.lines[a.id]; l != nil {
			l.up.stalled, l.down.stalled = w.now, w.now
		}
	}
	w.cloud.ill = w.now
	w.run(w.now.Add(2 * time.Minute)) // everything is up again, and what hung was found out
	for _, s := range w.all {
		w.passed(s)
	}
	end := w.now.Add(longestRest)
	for w.fault == nil {
		w.run(w.now.Add(10 * time.Second))
		why := w.restless()
		if why == "" {
			break
		}
		if w.now.After(end) {
			w.broke("no rest: %s", why)
		}
	}
	if w.fault == nil {
		w.judge()
	}
}

// restless tells what is not at rest; empty when all is.
func (w *world) restless() string {
	for _, a := range w.agents {
		if w.base.links[a.id].Revoked {
			continue
		}
		number, hash, _ := a.sync.Held()
		head := w.base.document(a.site.id).head
		pending, _, _ := a.out.Depth(ctx)
		switch {
		case !a.alive || w.base.links[a.id].State != presence.Online:
			return fmt.Sprintf("agent %d is not online", a.number)
		case number != head.Version || hash != head.Hash:
			return fmt.Sprintf("agent %d holds version %d of %d", a.number, number, head.Version)
		case pending != 0:
			return fmt.Sprintf("agent %d has %d rows to tell", a.number, pending)
		}
	}
	for _, s := range w.all {
		for _, d := range s.devices {
			head, told := w.base.document(s.id).head.Version, w.base.reports[d.noun.ID].Version
			if told != head && !w.base.links[d.agent.id].Revoked {
				return fmt.Sprintf("the receipt of agent %d's device is of version %d, not %d", d.agent.number, told, head)
			}
		}
	}
	for i, id := range w.base.issued {
		if c := w.base.commands[id]; c.Open() {
			return fmt.Sprintf("command %d has no result", i)
		}
	}
	return ""
}

// judge holds every promise against what is there now.
func (w *world) judge() {
	w.judgeRows()
	w.judgeCommands()
	for _, s := range w.all {
		found, err := w.cloud.events.Verify(ctx, s.id)
		if err != nil {
			w.broke("verify: %v", err)
		}
		for _, f := range found {
			if f.Bad != "" {
				w.broke("verify: row %d of agent %d is %s", f.Seq, w.number(f.Agent), f.Bad)
			}
		}
		w.judgeDocument(s)
	}
}

// judgeRows: every accepted row stands in the cloud once, under its own building.
func (w *world) judgeRows() {
	times := map[[16]byte]int{}
	for _, r := range w.base.order {
		if r.row.Kind == domain.EventGap {
			continue
		}
		times[r.row.Salt]++
		f := w.truth.facts[r.row.Salt]
		switch {
		case f == nil:
			w.broke("the cloud has a row of agent %d that no disk accepted", w.number(r.agent))
		case w.agents[f.agent].id != r.agent || w.agents[f.agent].site.id != r.site:
			w.broke("a row of agent %d stands under agent %d", f.agent, w.number(r.agent))
		}
	}
	for i, salt := range w.truth.order {
		f, n := w.truth.facts[salt], times[salt]
		revoked := w.base.links[w.agents[f.agent].id].Revoked
		if n == 0 && !f.lost && !revoked || n > 1 && !f.double || n > 2+w.agents[f.agent].boots {
			w.broke("row %d of agent %d stands %d times in the cloud", i, f.agent, n)
		}
	}
}

// judgeCommands: what is said of an act is what happened.
func (w *world) judgeCommands() {
	for i, id := range w.base.issued {
		c, ask := w.base.commands[id], w.truth.commands[id]
		moved := ask.moved > 0
		said := []domain.ActResult{c.Result, c.LateResult}
		for _, r := range said {
			if r == domain.ActDone && !moved {
				w.broke("command %d is done and nothing moved", i)
			}
		}
		own := c.LateResult
		if own == "" && !guessed(c) {
			own = c.Result
		}
		// The agent's own word: these results mean that nothing moved. One whose disk forgot may refuse what it did before.
		if moved && !ask.unkept && (own == domain.ActRefused || own == domain.ActFailed || own == domain.ActExpired) {
			w.broke("command %d is %s and a relay moved", i, own)
		}
		if own == "" && c.Result != "" && c.Result != domain.ActUnknown {
			w.broke("command %d is %s, and no agent said so", i, c.Result)
		}
	}
}

// guessed tells whether the cloud gave the result itself.
func guessed(c command.Command) bool {
	return c.Reason == domain.ReasonNoAnswer || c.Reason == domain.ReasonAgentOffline
}

// judgeDocument: agents hold the cloud's document and nothing of another building.
func (w *world) judgeDocument(s *site) {
	for _, a := range s.agents {
		if w.base.links[a.id].Revoked {
			continue
		}
		view := a.sync.Current()
		if view.Site.ID != s.id {
			w.broke("agent %d holds the document of another building", a.number)
		}
		for id := range view.Devices {
			if d := w.base.devices[id]; d == nil || d.agent.site != s {
				w.broke("agent %d knows a device of another building", a.number)
			}
		}
	}
}
