package presence

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"vestibule/shared/domain"
)

// Thousands of agents beat twice a minute, and a beat that finds its link online changes nothing but its time. Where the broker lives in this process, that time is
// noted and written with those of others at the next sweep, before silence is looked for. A cloud that dies loses a second of them: none of its connections
// outlives it.

// welcomed is a connection in force, as the last step left it.
type welcomed struct {
	conn   domain.ConnID
	online bool
}

// noted is a beat that the database does not know yet.
type noted struct {
	conn domain.ConnID
	at   time.Time
}

// writeMost is how many beats one transaction writes: on SQLite everybody else waits meanwhile.
const writeMost = 256

// note keeps a beat for the next sweep; false when a step has to decide what it means.
func (s *Service) note(agent domain.AgentID, conn domain.ConnID, now time.Time) bool {
	if !s.OwnBroker {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current[agent] != (welcomed{conn, true}) {
		return false
	}
	s.beats[agent] = noted{conn, now}
	return true
}

// spoke tells whether a beat of an agent waits for the next sweep.
func (s *Service) spoke(agent domain.AgentID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, is := s.beats[agent]
	return is
}

// forget drops what was noted of an agent: what happens to its link now comes after it.
func (s *Service) forget(agent domain.AgentID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.beats, agent)
}

// write brings the noted beats into the database. One that changes nothing there was overtaken, by a will, a newer connection or a revocation, or the database
// knows better than this process: the next beat on that connection is for Step to judge. When the database fails they are noted again, unless newer ones are.
func (s *Service) write(ctx context.Context) error {
	s.mu.Lock()
	beats := s.beats
	s.beats = map[domain.AgentID]noted{}
	s.mu.Unlock()
	agents := slices.SortedFunc(maps.Keys(beats), func(a, b domain.AgentID) int { return bytes.Compare(a[:], b[:]) })
	for part := range slices.Chunk(agents, writeMost) {
		var vain []domain.AgentID
		err := s.Store.InTx(ctx, func(ctx context.Context) error {
			for _, agent := range part {
				touched, err := s.Store.TouchLink(ctx, agent, beats[agent].conn, beats[agent].at)
				if err != nil {
					return err
				}
				if !touched {
					vain = append(vain, agent)
				}
			}
			return nil
		})
		if err != nil {
			s.again(beats)
			return err
		}
		s.doubt(vain, beats)
	}
	return nil
}

// doubt lets the next beats of agents be judged by the database.
func (s *Service) doubt(agents []domain.AgentID, beats map[domain.AgentID]noted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, agent := range agents {
		if conn := beats[agent].conn; s.current[agent].conn == conn {
			s.current[agent] = welcomed{conn, false}
		}
	}
}

func (s *Service) again(beats map[domain.AgentID]noted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for agent, b := range beats {
		if _, newer := s.beats[agent]; !newer && s.current[agent].conn == b.conn {
			s.beats[agent] = b
		}
	}
}
