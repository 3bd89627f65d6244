package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/stdlib"

	"vestibule/shared/domain"
)

// PostgreSQL takes rows of the log by COPY in its binary form, half the work of an INSERT. COPY knows no "unless it is there": the cursor, which is locked,
// keeps out what was stored before.

const copyEvents = "COPY events (received_at, agent_id, epoch, stream, seq, site_id, kind, occurred_at, mono, boot, clock_sure, body, salt, body_hash, digest, " +
	"from_seq, device_id, apartment_id, names) FROM STDIN (FORMAT binary)"

// copyColumns is how many columns copyEvents names.
const copyColumns = 19

// copyHead stands before the rows: the signature, no flags, no extension.
var copyHead = append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)

// copyRows stores rows of the log in the transaction of ctx.
func (s *Store) copyRows(ctx context.Context, rows []eventRow) error {
	tx := s.running(ctx)
	if tx == nil {
		return s.InTx(ctx, func(ctx context.Context) error { return s.copyRows(ctx, rows) })
	}
	w := copyWriter{buf: make([]byte, 0, 512*len(rows))}
	w.buf = append(w.buf, copyHead...)
	for i := range rows {
		w.row(&rows[i])
	}
	w.buf = binary.BigEndian.AppendUint16(w.buf, 0xffff)
	return tx.conn.Raw(func(driver any) error {
		conn, ok := driver.(*stdlib.Conn)
		if !ok {
			return errors.New("this is no connection to PostgreSQL")
		}
		done, err := conn.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(w.buf), copyEvents)
		if err == nil && done.RowsAffected() != int64(len(rows)) {
			err = fmt.Errorf("%d of %d rows are stored", done.RowsAffected(), len(rows))
		}
		return err
	})
}

// copyWriter writes fields of COPY's binary form.
type copyWriter struct{ buf []byte }

func (w *copyWriter) row(r *eventRow) {
	w.buf = binary.BigEndian.AppendUint16(w.buf, copyColumns)
	w.number(r.ReceivedAt)
	w.bytes(r.AgentID[:])
	w.bytes(r.Epoch[:])
	w.number(int64(r.Stream))
	w.number(r.Seq)
	w.bytes(r.SiteID[:])
	w.bytes([]byte(r.Kind))
	w.number(r.OccurredAt)
	w.number(r.Mono)
	w.bytes(r.Boot)
	w.flag(r.ClockSure)
	w.bytes(r.Body)
	w.bytes(r.Salt)
	w.bytes(r.BodyHash)
	w.bytes(r.Digest)
	w.number(r.FromSeq)
	writeID(w, r.DeviceID)
	writeID(w, r.ApartmentID)
	w.bytes(r.Names)
}

func (w *copyWriter) number(n int64) {
	w.buf = binary.BigEndian.AppendUint32(w.buf, 8)
	w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(n))
}

func (w *copyWriter) bytes(raw []byte) {
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(len(raw))) //nolint:gosec // a message has 64 KiB at most
	w.buf = append(w.buf, raw...)
}

func (w *copyWriter) flag(on bool) {
	var b byte
	if on {
		b = 1
	}
	w.buf = append(binary.BigEndian.AppendUint32(w.buf, 1), b)
}

// writeID writes an id; one that is not set is NULL.
func writeID[K any](w *copyWriter, id domain.ID[K]) {
	if id.IsZero() {
		w.buf = binary.BigEndian.AppendUint32(w.buf, 0xffffffff)
		return
	}
	w.bytes(id[:])
}
