package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// compiled is a statement of every call or every event. The driver compiles the text of a statement each time that it runs, and for a row that comes alone that
// takes as long as everything else that is computed; these SQLite compiles once. It needs two fields of the driver's connection that have no door: where
// they are not, the driver runs the text.
type compiled struct {
	query string
	on    any // the driver's connection
	tls   *libc.TLS
	db    uintptr
	stmt  uintptr
}

// refusal is SQLite's no to a compiled statement. It is not run again: the transaction may have ended with it.
type refusal struct {
	code int32
	text string
}

func (r refusal) Error() string { return fmt.Sprintf("%s (%d)", r.text, r.code) }

// exec runs the statement on the writer, by in when it cannot be run without the driver.
func (c *compiled) exec(ctx context.Context, conn *sql.Conn, in execer, args ...any) error {
	err := conn.Raw(func(on any) error {
		if c.on != on {
			c.compile(on)
		}
		if c.stmt == 0 {
			return errNotCompiled
		}
		return c.run(args)
	})
	if errors.Is(err, errNotCompiled) {
		_, err = in.ExecContext(ctx, c.query, args...)
	}
	return err
}

var errNotCompiled = errors.New("not compiled")

func (c *compiled) compile(on any) {
	c.on, c.stmt = on, 0
	fields := reflect.Indirect(reflect.ValueOf(on))
	if fields.Kind() != reflect.Struct {
		return
	}
	db, tls := fields.FieldByName("db"), fields.FieldByName("tls")
	if db.Kind() != reflect.Uintptr || !tls.IsValid() || tls.Type() != reflect.TypeFor[*libc.TLS]() {
		return
	}
	c.tls, c.db = (*libc.TLS)(tls.UnsafePointer()), uintptr(db.Uint())
	text, err := libc.CString(c.query)
	if err != nil {
		return
	}
	defer libc.Xfree(c.tls, text)
	const pointer = int(unsafe.Sizeof(uintptr(0)))
	into := c.tls.Alloc(pointer)
	defer c.tls.Free(pointer)
	if sqlite3.Xsqlite3_prepare_v2(c.tls, c.db, text, -1, into, 0) == sqlite3.SQLITE_OK {
		c.stmt = libc.AtomicLoadPUintptr(into)
	}
}

// run binds the values, which are whole numbers and bytes, and runs the statement to its end.
func (c *compiled) run(args []any) error {
	for i, arg := range args {
		var rc int32
		switch v := arg.(type) {
		case int64:
			rc = sqlite3.Xsqlite3_bind_int64(c.tls, c.stmt, int32(i+1), v)
		case []byte:
			raw, err := libc.CString(unsafe.String(unsafe.SliceData(v), len(v))) // a copy that SQLite may read
			if err != nil {
				return err
			}
			defer libc.Xfree(c.tls, raw)
			rc = sqlite3.Xsqlite3_bind_blob(c.tls, c.stmt, int32(i+1), raw, int32(len(v)), 0) //nolint:gosec // what is stored is bounded
		default:
			return fmt.Errorf("a compiled statement takes no %T", v)
		}
		if rc != sqlite3.SQLITE_OK {
			return c.refused(rc)
		}
	}
	var err error
	if rc := sqlite3.Xsqlite3_step(c.tls, c.stmt); rc != sqlite3.SQLITE_DONE {
		err = c.refused(rc)
	}
	sqlite3.Xsqlite3_reset(c.tls, c.stmt)
	sqlite3.Xsqlite3_clear_bindings(c.tls, c.stmt)
	return err
}

func (c *compiled) refused(rc int32) error {
	return refusal{rc, libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}

// close gives the statement back; before that the connection does not end.
func (c *compiled) close() {
	if c.stmt != 0 {
		sqlite3.Xsqlite3_finalize(c.tls, c.stmt)
	}
	c.on, c.stmt = nil, 0
}
