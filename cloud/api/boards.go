package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
)

// Board is an external relay board.
type Board struct {
	ID       string               `json:"id"`
	GroupID  string               `json:"group_id"`
	Name     string               `json:"name"`
	Profile  string               `json:"profile" enum:"modbus-coils,waveshare,eletechsup"`
	Link     string               `json:"link" enum:"tcp,rtu,rtu_tcp" doc:"Modbus TCP, an RS485 port of the agent, or RTU through a serial server."`
	Address  string               `json:"address"`
	Baud     int                  `json:"baud" doc:"Of an RS485 port; 0 elsewhere."`
	Parity   string               `json:"parity" doc:"Of an RS485 port; empty elsewhere."`
	StopBits int                  `json:"stop_bits" doc:"Of an RS485 port; 0 elsewhere."`
	Unit     int                  `json:"unit"`
	Channels int                  `json:"channels"`
	Inputs   []domain.ChannelMode `json:"inputs" nullable:"false" doc:"What the input of a channel does to its relay; an input that is not named does nothing."`
	Revision uint64               `json:"revision" doc:"One more at each change; the ETag."`
}

func showBoard(b domain.Board) Board {
	line := b.Line()
	return Board{
		ID: b.ID.String(), GroupID: text(b.GroupID), Name: b.Name, Profile: string(b.Profile), Link: string(line.Link), Address: b.Address, Baud: line.Baud,
		Parity: string(line.Parity), StopBits: line.StopBits, Unit: b.Unit, Channels: b.Channels, Inputs: append([]domain.ChannelMode{}, b.Inputs...), Revision: b.Revision,
	}
}

// BoardInput is what an installer says of a relay board.
type BoardInput struct {
	GroupID  string               `json:"group_id" required:"false" doc:"Whose agent drives it; the first group by default."`
	Name     string               `json:"name" required:"false" doc:"1 to 64 characters."`
	Profile  string               `json:"profile" required:"false" doc:"modbus-coils, the default, waveshare or eletechsup."`
	Link     string               `json:"link" required:"false" doc:"tcp, the default, rtu or rtu_tcp."`
	Address  string               `json:"address" required:"false" doc:"Such as 192.168.1.200:502; with rtu the serial port of the agent, such as /dev/ttyUSB0."`
	Baud     int                  `json:"baud" required:"false" doc:"With rtu alone; 9600 by default."`
	Parity   string               `json:"parity" required:"false" doc:"With rtu alone: none, the default, even or odd."`
	StopBits int                  `json:"stop_bits" required:"false" doc:"With rtu alone: 1, the default, or 2."`
	Unit     int                  `json:"unit" required:"false" doc:"1 to 247."`
	Channels int                  `json:"channels" required:"false" doc:"1 to 32."`
	Inputs   []domain.ChannelMode `json:"inputs" required:"false" nullable:"false"`
}

func (i BoardInput) board(site domain.SiteID, id domain.BoardID) (domain.Board, error) {
	var f ids
	return domain.Board{
		ID: id, SiteID: site, GroupID: bodyID[domain.GroupID](&f, "group_id", i.GroupID), Name: i.Name, Profile: domain.BoardProfile(i.Profile),
		Link: domain.BoardLink(i.Link), Address: i.Address, Baud: i.Baud, Parity: domain.Parity(i.Parity), StopBits: i.StopBits, Unit: i.Unit,
		Channels: i.Channels, Inputs: i.Inputs,
	}, f.Err()
}

// BoardPath is one relay board of a path.
type BoardPath struct {
	SitePath
	Board string `path:"board"`
}

func (p BoardPath) id() domain.BoardID { return pathID[domain.BoardID](p.Board) }

func (a *API) boards() {
	const list, one = "/sites/{site}/boards", "/sites/{site}/boards/{board}"
	route(a, http.MethodGet, list, "list-boards", "Relay boards of a site", func(ctx context.Context, in *struct {
		SitePath
		PageQuery
	},
	) (*Body[Page[Board]], error) {
		list, err := a.Fleet.Boards(ctx, in.site(), in.page())
		return pageOf(list, showBoard), err
	}, needs(account.DevicesRead), tag("boards"))
	route(a, http.MethodPost, list, "add-board", "Add a relay board", func(ctx context.Context, in *struct {
		SitePath
		Body BoardInput
	},
	) (*Tagged[Board], error) {
		board, err := in.Body.board(in.site(), domain.BoardID{})
		if err != nil {
			return nil, err
		}
		board, err = a.Fleet.AddBoard(ctx, board)
		return tagged(showBoard(board), board.Revision, err)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("boards"))
	route(a, http.MethodGet, one, "get-board", "One relay board", func(ctx context.Context, in *BoardPath) (*Tagged[Board], error) {
		board, err := a.Fleet.Board(ctx, in.site(), in.id())
		return tagged(showBoard(board), board.Revision, err)
	}, needs(account.DevicesRead), tag("boards"))
	route(a, http.MethodPut, one, "edit-board", "Change a relay board", func(ctx context.Context, in *struct {
		BoardPath
		IfMatch
		Body BoardInput
	},
	) (*Tagged[Board], error) {
		board, err := in.Body.board(in.site(), in.id())
		if err != nil {
			return nil, err
		}
		board, err = a.Fleet.EditBoard(ctx, board)
		return tagged(showBoard(board), board.Revision, err)
	}, needs(account.SitesWrite), tag("boards"))
	route(a, http.MethodDelete, one, "delete-board", "Delete a relay board that moves no relay", func(ctx context.Context, in *struct {
		BoardPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Fleet.DeleteBoard(ctx, in.site(), in.id())
	}, status(http.StatusNoContent), needs(account.SitesWrite), tag("boards"))
	route(a, http.MethodGet, "/sites/{site}/board-states", "list-board-states", "What the relay boards of a site showed last", func(ctx context.Context, in *SitePath) (*Body[Page[eventlog.BoardState]], error) {
		found, err := a.Events.BoardStates(ctx, in.site())
		return all(found, same[eventlog.BoardState]), err
	}, needs(account.DevicesRead), tag("boards"))
}
