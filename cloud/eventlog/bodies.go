package eventlog

import (
	"strings"

	"vestibule/shared/callrecord"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// maxKind bounds the name of a kind.
const maxKind = 64

// read gives the row's body, nil when it is erased; false when the kind is no word or the body is not what the kind has. An unknown kind is kept raw, so that
// a newer agent loses nothing with an older cloud.
func read(row wire.Row) (body any, ok bool) {
	kind := string(row.Kind)
	if kind == "" || len(kind) > maxKind || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return nil, false
	}
	if len(row.Body) == 0 {
		return nil, true
	}
	body, err := decode(row.Kind, row.Body)
	return body, err == nil
}

// decode reads a body as the struct of its kind.
func decode(kind domain.EventKind, body []byte) (any, error) {
	switch kind {
	case domain.EventDoor:
		return as[domain.DoorBody](body)
	case domain.EventCall:
		return as[domain.CallBody](body)
	case domain.EventDiscovery:
		return as[domain.DiscoveryBody](body)
	case domain.EventDeviceStatus:
		return as[domain.StatusBody](body)
	case domain.EventCommand:
		return as[domain.CommandBody](body)
	case domain.EventGap:
		return as[domain.GapBody](body)
	case domain.EventRelay:
		return as[domain.RelayBody](body)
	case domain.EventBoardState:
		return as[domain.BoardStateBody](body)
	case domain.EventAlarm:
		return as[domain.AlarmBody](body)
	case domain.EventRelayState:
		return as[domain.ContactBody](body)
	case domain.EventConfig, domain.EventSecurity, domain.EventConflict, domain.EventAgent, domain.EventLinkCondition:
		return as[domain.NoteBody](body)
	}
	return as[any](body)
}

func as[T any](body []byte) (any, error) {
	var v T
	err := wire.Unmarshal(body, &v)
	return v, err
}

// about gives the device and the apartment that a body is mostly about, for filters.
func about(body any) (device domain.DeviceID, apartment domain.ApartmentID) {
	switch b := body.(type) {
	case domain.DoorBody:
		return b.DeviceID, b.ApartmentID
	case domain.CallBody:
		return b.CallerID, b.ApartmentID
	case domain.DiscoveryBody:
		return b.DeviceID, apartment
	case domain.StatusBody:
		return b.DeviceID, apartment
	case domain.RelayBody:
		return b.DeviceID, apartment
	case domain.BoardStateBody:
		return b.DeviceID, apartment
	case domain.AlarmBody:
		return b.DeviceID, apartment
	case domain.ContactBody:
		return b.DeviceID, apartment
	case domain.NoteBody:
		return b.DeviceID, apartment
	}
	return device, apartment
}

// mentions lists every device and apartment whose name a reader wants.
func mentions(body any) (devices []domain.DeviceID, apartments []domain.ApartmentID) {
	device, apartment := about(body)
	devices, apartments = append(devices, device), append(apartments, apartment)
	switch b := body.(type) {
	case domain.DoorBody:
		devices = append(devices, b.ByDevice)
	case domain.CallBody:
		devices = append(devices, b.AnsweredBy)
		for _, leg := range b.Legs {
			devices = append(devices, leg.DeviceID)
		}
	}
	return devices, apartments
}

// shown turns a body into what the API answers: words and ids, with names from n.
func shown(body any, n Names) map[string]any {
	m := fields{}
	switch b := body.(type) {
	case domain.DoorBody:
		m.door(b, n)
	case domain.CallBody:
		m.call(b, n)
	case domain.DiscoveryBody:
		m.device("device", b.DeviceID, n)
		m.set("mac", string(b.MAC))
		m.set("model", b.Model)
		m.set("firmware", b.Firmware)
		m.set("address", b.Address)
		m.set("service", b.Service)
		m["lost"] = b.Lost
	case domain.StatusBody:
		m.device("device", b.DeviceID, n)
		m["online"] = b.Online
		m.set("address", b.Address)
	case domain.CommandBody:
		setID(m, "command_id", b.CommandID)
		m.set("command", b.Kind)
		m.set("result", string(b.Result))
		m.set("reason", string(b.Reason))
	case domain.NoteBody:
		m.device("device", b.DeviceID, n)
		m.set("what", b.What)
		m.set("detail", b.Detail)
		if b.Version != 0 {
			m["version"] = b.Version
		}
		m["cleared"] = b.Cleared
	case domain.RelayBody:
		m.relay(b, n)
	case domain.BoardStateBody:
		m.device("device", b.DeviceID, n)
		setID(m, "board_id", b.BoardID)
		m["online"], m["on"] = b.Online, numbers(b.Outputs)
	case domain.AlarmBody:
		m.alarm(b, n)
	case domain.ContactBody:
		m.contact(b, n)
	case domain.GapBody:
		m["from"], m["to"] = b.From, b.To
		m.set("reason", b.Reason)
	}
	return m
}

func (m fields) alarm(b domain.AlarmBody, n Names) {
	m.device("device", b.DeviceID, n)
	m.set("alarm", string(b.Alarm))
	m.set("trust", string(b.Trust))
	if b.Number != 0 {
		m["number"] = b.Number
	}
}

func (m fields) contact(b domain.ContactBody, n Names) {
	m.device("device", b.DeviceID, n)
	m.set("contact", string(b.Contact))
	m.set("trust", string(b.Trust))
	m["number"], m["on"] = b.Number, b.On
}

func (m fields) relay(b domain.RelayBody, n Names) {
	m.device("device", b.DeviceID, n)
	m["relay"], m["on"] = b.Channel, b.On
	m.set("means", string(b.Means))
	m.set("result", string(b.Result))
	m.set("reason", string(b.Reason))
	m.set("by", b.By)
	setID(m, "command_id", b.CommandID)
	m["took_ms"] = b.TookMilli
}

func (m fields) door(b domain.DoorBody, n Names) {
	m.device("device", b.DeviceID, n)
	m.device("by_device", b.ByDevice, n)
	m.apartment(b.ApartmentID, n)
	m["relay"] = b.Relay
	m.set("relay_name", n.Relays[RelayKey{b.DeviceID, b.Relay}])
	m.set("means", string(b.Means))
	m.set("result", string(b.Result))
	m.set("reason", string(b.Reason))
	m.set("by", b.By)
	setID(m, "call_id", b.CallID)
	setID(m, "command_id", b.CommandID)
	m.set("trust", string(b.Trust))
	m["took_ms"] = b.TookMilli
}

func (m fields) call(b domain.CallBody, n Names) {
	m.device("device", b.CallerID, n)
	m.device("answered_by", b.AnsweredBy, n)
	m.apartment(b.ApartmentID, n)
	setID(m, "call_id", b.CallID)
	m.set("dialled", b.Dialled)
	m.set("end", string(b.End))
	m["lasts_ms"], m["wan"], m["anchored"] = b.LastsMilli, b.WAN, b.Anchored
	cause, blame := callrecord.Of(b)
	m["cause"], m["blame"] = string(cause), blame
	m["legs"] = callLegs(b, n)
}

func (m fields) device(prefix string, id domain.DeviceID, n Names) {
	if !id.IsZero() {
		m.set(prefix+"_id", id.String())
		m.set(prefix+"_name", n.Devices[id])
	}
}

func (m fields) apartment(id domain.ApartmentID, n Names) {
	if !id.IsZero() {
		m.set("apartment_id", id.String())
		m.set("apartment_number", n.Apartments[id])
	}
}

type fields map[string]any

func (m fields) set(key, value string) {
	if value != "" {
		m[key] = value
	}
}

func setID[K any](m fields, key string, id domain.ID[K]) {
	if !id.IsZero() {
		m[key] = id.String()
	}
}
