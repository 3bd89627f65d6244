package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// streamsOfEach is how many long answers one account may read at the same time.
const streamsOfEach = 32

// streams counts the long answers that each account reads.
type streams struct {
	mu   *sync.Mutex
	open map[domain.AccountID]int
}

func newStreams() streams { return streams{mu: &sync.Mutex{}, open: map[domain.AccountID]int{}} }

func (s streams) enter(id domain.AccountID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id] >= streamsOfEach {
		return false
	}
	s.open[id]++
	return true
}

func (s streams) leave(id domain.AccountID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id]--; s.open[id] <= 0 {
		delete(s.open, id)
	}
}

// Streams counts the long answers that are written now.
func (a *API) Streams() int {
	a.streams.mu.Lock()
	defer a.streams.mu.Unlock()
	n := 0
	for _, open := range a.streams.open {
		n += open
	}
	return n
}

// longAnswer gives an answer that is written bit by bit, as long as the account of the caller reads few enough of them.
func (a *API) longAnswer(ctx context.Context, write func(c huma.Context, caller account.Caller)) (*huma.StreamResponse, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if !a.streams.enter(caller.Account) {
		return nil, fault.New(fault.Limit, "At most %d live streams of one account.", streamsOfEach)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer a.streams.leave(caller.Account)
		write(c, caller)
	}}, nil
}

// beginLong sends the head of a long answer, with further headers as name and value. Each part of the body has its own time to be written in.
func beginLong(c huma.Context, contentType string, headers ...string) (out http.ResponseWriter, flush func() error, within func(d time.Duration)) {
	c.SetHeader("Content-Type", contentType)
	for i := 0; i+1 < len(headers); i += 2 {
		c.SetHeader(headers[i], headers[i+1])
	}
	c.SetStatus(http.StatusOK)
	out = humagin.Unwrap(c).Writer
	control := http.NewResponseController(out)
	return out, control.Flush, func(d time.Duration) { _ = control.SetWriteDeadline(time.Now().Add(d)) } // a recorder of a test has none
}

// answersLong describes a long answer: text of one of some types.
func answersLong(description string, contentTypes ...string) func(op *huma.Operation) {
	return func(op *huma.Operation) {
		content := map[string]*huma.MediaType{}
		for _, t := range contentTypes {
			content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		}
		op.Responses = map[string]*huma.Response{"200": {Description: description, Content: content}}
	}
}
