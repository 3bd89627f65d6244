package fleet

import (
	"context"
	"slices"
	"time"

	"vestibule/shared/domain"
)

// know reads who holds MACs and which of them devices of other sites have, all in few questions.
func (k *desk) know(ctx context.Context, macs []domain.MAC) error {
	var fresh []domain.MAC
	for _, mac := range macs {
		if !k.known[mac] {
			k.known[mac] = true
			fresh = append(fresh, mac)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	holders, err := k.Store.MACHolders(ctx, fresh)
	if err != nil {
		return err
	}
	for mac, holder := range holders {
		k.holders[mac] = holder
	}
	bound, err := k.Store.BoundMACs(ctx, k.of.ID, fresh)
	for mac := range bound {
		k.bound[mac] = true
	}
	return err
}

// MACHolders tells whose MACs are.
func (k *desk) MACHolders(ctx context.Context, macs []domain.MAC) (map[domain.MAC]MACHolder, error) {
	if err := k.know(ctx, macs); err != nil {
		return nil, err
	}
	out := make(map[domain.MAC]MACHolder, len(macs))
	for _, mac := range macs {
		if holder, ok := k.holders[mac]; ok {
			out[mac] = holder
		}
	}
	return out, nil
}

// MACTaken tells whether another device of the platform has the MAC.
func (k *desk) MACTaken(ctx context.Context, mac domain.MAC, except domain.DeviceID) (bool, error) {
	if err := k.know(ctx, []domain.MAC{mac}); err != nil {
		return false, err
	}
	id, here := k.byMAC[mac]
	return k.bound[mac] || here && id != except, nil
}

// RegisterMACs notes what nobody holds; written by flush.
func (k *desk) RegisterMACs(ctx context.Context, e MACEntry) error {
	if err := k.know(ctx, e.MACs); err != nil {
		return err
	}
	for _, mac := range e.MACs {
		holder, held := k.holders[mac]
		if held && (holder.Org != e.Org || !slices.Contains(e.Origin.Below(), holder.Origin)) {
			continue
		}
		k.holders[mac] = MACHolder{Org: e.Org, Origin: e.Origin}
		k.log.undo = append(k.log.undo, func() {
			if delete(k.holders, mac); held {
				k.holders[mac] = holder
			}
		})
	}
	k.register = append(k.register, e)
	k.log.undo = append(k.log.undo, func() { k.register = k.register[:len(k.register)-1] })
	return nil
}

// FreeMAC drops a MAC that was registered by the adding of a device.
func (k *desk) FreeMAC(ctx context.Context, mac domain.MAC) error {
	if err := k.know(ctx, []domain.MAC{mac}); err != nil {
		return err
	}
	if holder := k.holders[mac]; holder.Origin == ByDevice {
		delete(k.holders, mac)
		k.log.undo = append(k.log.undo, func() { k.holders[mac] = holder })
	}
	k.free = append(k.free, mac)
	k.log.undo = append(k.log.undo, func() { k.free = k.free[:len(k.free)-1] })
	return nil
}

// TakeSIPNumber asks whether a number is free; it is written with its owner.
func (k *desk) TakeSIPNumber(ctx context.Context, _ domain.SiteID, number, kind string, owner [16]byte, at time.Time) (bool, error) {
	if k.numbered[number] {
		return false, nil // drawn twice in one draft
	}
	free, err := k.Store.SIPNumberFree(ctx, number)
	if err != nil || !free {
		return false, err
	}
	k.numbered[number] = true
	k.issued = append(k.issued, issuedNumber{number, kind, owner, at})
	k.log.undo = append(k.log.undo, func() { k.issued = k.issued[:len(k.issued)-1] })
	return true, nil
}
