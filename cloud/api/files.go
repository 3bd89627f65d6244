package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"vestibule/shared/fault"
)

// notBuilt is shown by a binary that was built without the portal.
const notBuilt = "The portal is not part of this build: run make portal and build again. The API is at " + Prefix + ".\n"

// serveFile answers everything that is no route: files of the portal, and its first page for the addresses that the portal makes itself.
func (a *API) serveFile(c *gin.Context) {
	name := path.Clean("/" + c.Request.URL.Path)[1:]
	if name == "api" || strings.HasPrefix(name, "api/") {
		a.refuse(c, http.StatusNotFound, string(fault.NotFound), "There is nothing at this address.")
		return
	}
	if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		a.refuse(c, http.StatusMethodNotAllowed, "method_not_allowed", "This address does not take "+c.Request.Method+".")
		return
	}
	file := strings.HasPrefix(name, "assets/") || path.Ext(name) != ""
	if !file {
		name = "index.html"
	}
	content, err := fs.ReadFile(a.Portal, name)
	if err != nil {
		if name == "index.html" {
			c.String(http.StatusNotFound, notBuilt)
			return
		}
		a.refuse(c, http.StatusNotFound, string(fault.NotFound), "There is nothing at this address.")
		return
	}
	h := c.Writer.Header()
	if strings.HasPrefix(name, "assets/") { // their names carry a hash of their content
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
		sum := sha256.Sum256(content)
		h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		h.Set("Content-Type", kind)
	}
	c.Status(http.StatusOK)
	http.ServeContent(c.Writer, c.Request, name, time.Time{}, bytes.NewReader(content))
	c.Abort()
}
