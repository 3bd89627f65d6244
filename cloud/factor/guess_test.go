package factor_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"vestibule/cloud/account"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Many guesses at the same time, each in a session of its own, are judged no more often than one after the other.
func TestCheck_ManyAtOnceAreTenTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		key, _ := h.setUp(t)
		var judged atomic.Int32
		var work sync.WaitGroup
		start := make(chan struct{})
		guess := secret.New(wrong(rfc6238(key, h.now)))
		for range 60 {
			work.Go(func() {
				<-start
				if _, err := h.Check(t.Context(), h.ada, h.session(), account.MethodTOTP, guess); fault.CodeOf(err) != fault.Limit {
					judged.Add(1)
				}
			})
		}
		close(start)
		work.Wait()
		if n := judged.Load(); n > 10 {
			t.Errorf("%d guesses were judged", n)
		}
	})
}
