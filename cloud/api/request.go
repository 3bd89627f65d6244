package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Meter counts requests by the pattern of their route, which is empty where there is none, and how long the answers took.
type Meter interface {
	Request(method, route string, status int)
	Answered(method, route string, took time.Duration)
}

type requestKey struct{}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// policy is what the portal's pages may load: their own files and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; " +
	"media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// answerWithin is how long a client may take to read an answer; streams set their own.
const answerWithin = 60 * time.Second

// request stands around everything: an id, headers of safety, one line of log without values of the request, and a net under panics.
func (a *API) request(c *gin.Context) {
	id := rand.Text()[:16]
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), requestKey{}, id))
	h := c.Writer.Header()
	h.Set("X-Request-ID", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", a.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if a.leaving.Load() {
		h.Set("Connection", "close")
	}
	if a.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	// A recorder of a test has no deadline; a connection that has none is not served.
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(answerWithin))
	began := time.Now()
	defer a.measure(c, began)
	defer a.line(c, id, began)
	defer a.caught(c, id)
	c.Next()
}

func (a *API) line(c *gin.Context, id string, began time.Time) {
	level := slog.LevelDebug
	if c.Writer.Status() >= http.StatusInternalServerError {
		level = slog.LevelError
	} else if c.Request.Method != http.MethodGet {
		level = slog.LevelInfo
	}
	a.Logger.Log(c.Request.Context(), level, "request", logkey.Request, id, logkey.Method, c.Request.Method, logkey.Route, c.FullPath(),
		logkey.Status, c.Writer.Status(), logkey.Took, time.Since(began).Round(time.Microsecond).String())
}

// measure counts a request. A stream is as long as its reader stays, which is no measure of ours.
func (a *API) measure(c *gin.Context, began time.Time) {
	if a.Meter == nil {
		return
	}
	a.Meter.Request(c.Request.Method, c.FullPath(), c.Writer.Status())
	if !strings.HasPrefix(c.Writer.Header().Get("Content-Type"), "text/event-stream") {
		a.Meter.Answered(c.Request.Method, c.FullPath(), time.Since(began))
	}
}

// caught turns a panic into a problem; the stack goes to the log.
func (a *API) caught(c *gin.Context, id string) {
	r := recover()
	if r == nil {
		return
	}
	if err, ok := r.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(r) // the server's own way to end a connection
	}
	a.Logger.Error("panic in a request", logkey.Request, id, logkey.Route, c.FullPath(), logkey.Err, fmt.Sprint(r), logkey.Reason, string(debug.Stack()))
	if !c.Writer.Written() {
		a.refuse(c, http.StatusInternalServerError, string(fault.Internal), fault.Message(nil))
	}
}
