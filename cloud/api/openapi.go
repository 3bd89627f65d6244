package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

// specification gives the finished OpenAPI document, in either form.
type specification struct{ json, yaml func() []byte }

func humaConfig() huma.Config {
	config := huma.DefaultConfig("Vestibule", "1.0.0")
	config.Info.Description = "Sites, their devices and agents, the log and the doors. Errors are problem documents (RFC 9457) with code, errors and request_id."
	config.Servers = []*huma.Server{{URL: Prefix}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"cookie": {Type: "apiKey", In: "cookie", Name: cookieName},
		"bearer": {Type: "http", Scheme: "bearer"},
	}
	// The document is made once and served by publish; there is no page that loads a script from elsewhere, and no $schema from the Host header.
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	return config
}

// publish finishes the document and serves it.
func (a *API) publish() {
	doc := a.huma.OpenAPI()
	for _, schema := range doc.Components.Schemas.Map() {
		// Fields that the service does not know are ignored, so that a newer client can talk to it.
		if closed, ok := schema.AdditionalProperties.(bool); ok && !closed {
			schema.AdditionalProperties = nil
		}
	}
	a.spec.json = rendered(func() ([]byte, error) { return json.MarshalIndent(doc, "", "  ") })
	a.spec.yaml = rendered(doc.YAML)
	serve := func(kind string, content func() []byte) gin.HandlerFunc {
		return func(c *gin.Context) {
			c.Header("Cache-Control", "no-cache")
			c.Data(http.StatusOK, kind, content())
		}
	}
	a.engine.GET(Prefix+"/openapi.json", serve("application/openapi+json", a.spec.json))
	a.engine.GET(Prefix+"/openapi.yaml", serve("application/openapi+yaml", a.spec.yaml))
}

// rendered writes a document when somebody first asks for it: a start is not the time.
func rendered(write func() ([]byte, error)) func() []byte {
	return sync.OnceValue(func() []byte {
		text, err := write()
		if err != nil {
			panic(err) // the document is the same at every start; a test makes it
		}
		return text
	})
}

// OpenAPI gives the OpenAPI 3.1 document as JSON with a newline at the end.
func (a *API) OpenAPI() []byte { return append(bytes.Clone(a.spec.json()), '\n') }
