package fleet

// shelf holds the nouns of one kind of a site while many edits are made: as they stood, and as they will.
type shelf[K comparable, T any] struct {
	rows    map[K]T
	base    map[K]uint64 // revisions as they stood
	before  map[K]T      // what was changed or taken away, as it stood
	touched map[K]bool
	order   []K                    // of what was touched
	index   func(item T, add bool) // keeps what finds items by other things than their ids; nil: nothing does
	log     *journal
}

// journal undoes what happened since its mark, the last first.
type journal struct{ undo []func() }

func (j *journal) back(to int) {
	for i := len(j.undo) - 1; i >= to; i-- {
		j.undo[i]()
	}
	j.undo = j.undo[:to]
}

func newShelf[K comparable, T any](log *journal, index func(T, bool)) *shelf[K, T] {
	return &shelf[K, T]{rows: map[K]T{}, base: map[K]uint64{}, before: map[K]T{}, touched: map[K]bool{}, index: index, log: log}
}

// load puts an item onto the shelf as it stands.
func (s *shelf[K, T]) load(id K, item T, revision uint64) {
	s.base[id] = revision
	s.swap(id, nil, &item)
}

func (s *shelf[K, T]) swap(id K, old, item *T) {
	if old != nil && s.index != nil {
		s.index(*old, false)
	}
	if item == nil {
		delete(s.rows, id)
		return
	}
	s.rows[id] = *item
	if s.index != nil {
		s.index(*item, true)
	}
}

// put adds or changes an item; nil takes it off the shelf.
func (s *shelf[K, T]) put(id K, item *T) {
	var old *T
	if before, ok := s.rows[id]; ok {
		old = &before
	}
	first := !s.touched[id]
	if first {
		if old != nil {
			s.before[id] = *old
		}
		s.touched[id] = true
		s.order = append(s.order, id)
	}
	s.swap(id, old, item)
	s.log.undo = append(s.log.undo, func() {
		s.swap(id, item, old)
		if first {
			delete(s.touched, id)
			delete(s.before, id)
			s.order = s.order[:len(s.order)-1] // the last first: it is the one that was added
		}
	})
}

// changes parts what was touched: new, changed, gone.
func (s *shelf[K, T]) changes() (added, changed []T, gone []K) {
	for _, id := range s.order {
		_, was := s.base[id]
		item, is := s.rows[id]
		switch {
		case is && was:
			changed = append(changed, item)
		case is:
			added = append(added, item)
		case was:
			gone = append(gone, id)
		}
	}
	return added, changed, gone
}

// revision is what an item has once its changes are written.
func (s *shelf[K, T]) revision(id K) uint64 {
	return s.base[id] + 1
}
