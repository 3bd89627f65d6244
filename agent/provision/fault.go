package provision

import (
	"vestibule/agent/device"
	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// missed notes a device that did not answer. What was applied stays applied: nobody saw otherwise.
func (t *turn) missed(reason domain.Reason, detail string) {
	t.Misses++
	if t.Misses >= missesMost || !t.known {
		t.present(false)
		t.do(Raise{health.DeviceUnreachable, detail})
	}
	if !t.Manual && t.Report.State != wire.ReceiptApplied && t.Report.State != wire.ReceiptWritten {
		t.receipt(wire.ReceiptHeld, reason)
	}
	if t.Apart {
		t.Report.Reason = domain.ReasonWrongGroup
	}
	t.verifying = false
	t.again(seekMost)
}

// refused notes a device that answers and does not do as it is told.
func (t *turn) refused(err error) {
	t.present(true)
	t.Applied, t.verifying = false, false
	t.receipt(wire.ReceiptFailed, domain.ReasonDevice)
	t.do(Raise{health.DeviceRefuses, err.Error()})
	t.again(retryMost)
}

// failed sorts an error of a driver.
func (t *turn) failed(err error) {
	switch device.KindOf(err) {
	case device.Unauthorised, device.Refused, device.Garbled:
		t.refused(err)
	case device.Distrusted:
		t.stranger(err.Error())
	default:
		t.missed(domain.ReasonUnreachable, err.Error())
	}
}

// stranger notes that something else answers at the device's address: it is not used.
func (t *turn) stranger(detail string) {
	t.Applied, t.verifying = false, false
	t.present(false)
	t.receipt(wire.ReceiptFailed, domain.ReasonWrongDevice)
	t.do(Raise{health.DeviceConflict, detail})
	t.again(retryMost)
}

// failedAfterWrite keeps the receipt at written: many devices restart after a new account.
func (t *turn) failedAfterWrite(err error) {
	switch device.KindOf(err) {
	case device.Unauthorised, device.Refused, device.Garbled:
		t.refused(err)
	case device.Distrusted:
		t.stranger(err.Error())
	default:
		t.verifying = false
		t.Misses++
		t.again(seekMost)
	}
}
