package api

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"vestibule/shared/logkey"
)

// readyWithin is how long the database may take to say that it is there.
const readyWithin = 3 * time.Second

// Drain makes readyz say that this process goes, so that a load balancer takes another one, and asks every client to open a new connection for its next
// request. Everything is still served.
func (a *API) Drain() { a.leaving.Store(true) }

// Draining tells whether Drain was called.
func (a *API) Draining() bool { return a.leaving.Load() }

// Close ends the live streams, so that a server that shuts down does not wait for them.
func (a *API) Close() { a.close.Do(func() { close(a.closing) }) }

// alive tells who watches over the process that it answers. What it stands on is asked by ready: a process is no better for being started again because
// its database is away.
func (a *API) alive(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) }

// ready tells a load balancer whether this process should get requests.
func (a *API) ready(c *gin.Context) {
	if a.leaving.Load() {
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "draining"})
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyWithin)
	defer cancel()
	if err := a.Ready(ctx); err != nil {
		a.Logger.Error("not ready", logkey.Err, err)
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "unavailable"})
		return
	}
	c.JSON(http.StatusOK, gin.H{"status": "ok"})
}

// Readers of a stream that ends with the process come back after a moment, not all in the same.
const (
	soonest = 500 * time.Millisecond
	spread  = 2 * time.Second
)

// farewell tells the reader of a stream when to come back. Whoever serves then tells it to read the lists again, because it knows no message of this process.
func farewell(out io.Writer) error {
	_, err := fmt.Fprintf(out, "retry: %d\n\n", (soonest + rand.N(spread)).Milliseconds())
	return err
}
