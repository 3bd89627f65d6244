package access

import (
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// DecideTurn judges an ask to put a channel of a monitor's relay board on or off (EDGE-16/R39): the board must be there, be driven by this agent, and
// have the channel under a name. ReasonNone means that it may be moved now.
func DecideTurn(view *desired.View, agent domain.AgentID, device domain.DeviceID, channel int) (domain.Board, domain.Reason) {
	dev, ok := view.Devices[device]
	if !ok || device.IsZero() || !view.Serves(agent, dev) {
		return domain.Board{}, domain.ReasonUnknownDevice
	}
	board, ok := dev.ExternalBoard()
	if !ok {
		return domain.Board{}, domain.ReasonRelayOff
	}
	if _, named := dev.Form.External.Channel(channel); !named || channel > board.Channels {
		return domain.Board{}, domain.ReasonUnknownRelay
	}
	return board, domain.ReasonNone
}
