package eventlog

import (
	"context"
	"math/bits"
	"time"

	"vestibule/shared/domain"
)

// BoardState is what a relay board showed last (EDGE-17). Its JSON is the API's.
type BoardState struct {
	Board    domain.BoardID  `json:"board_id" doc:"A relay board of the site, or the monitor whose board it is."`
	Device   domain.DeviceID `json:"device_id,omitzero" doc:"The monitor whose board it is."`
	Online   bool            `json:"online" doc:"It answers. When it does not, nothing is known of its relays."`
	Channels int             `json:"channels"`
	Outputs  []int           `json:"outputs" nullable:"false" doc:"Numbers of the relays that are on."`
	Inputs   []int           `json:"inputs" nullable:"false" doc:"Numbers of the inputs that are closed."`
	ShownAt  time.Time       `json:"shown_at"`
}

// numbers lists the channels of set bits: bit 0 is channel 1.
func numbers(set uint32) []int {
	out := make([]int, 0, bits.OnesCount32(set))
	for ; set != 0; set &= set - 1 {
		out = append(out, bits.TrailingZeros32(set)+1)
	}
	return out
}

// shown keeps what relay boards show now.
func (s *Service) shown(ctx context.Context, site domain.SiteID, rows []Stored) error {
	for _, r := range rows {
		if r.Row.Kind != domain.EventBoardState || len(r.Row.Body) == 0 {
			continue
		}
		body, err := decode(r.Row.Kind, r.Row.Body)
		b, ok := body.(domain.BoardStateBody)
		if err != nil || !ok || b.BoardID.IsZero() {
			continue
		}
		state := BoardState{
			Board: b.BoardID, Device: b.DeviceID, Online: b.Online, Channels: min(max(b.Channels, 0), domain.MaxChannels), Outputs: numbers(b.Outputs),
			Inputs: numbers(b.Inputs), ShownAt: r.Received,
		}
		if err := s.Store.PutBoardState(ctx, site, state); err != nil {
			return err
		}
	}
	return nil
}

// BoardStates tells what the relay boards of a site showed last.
func (s *Service) BoardStates(ctx context.Context, site domain.SiteID) ([]BoardState, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return nil, err
	}
	return s.Store.BoardStates(ctx, site)
}
