package api

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

// specification is the finished OpenAPI document.
type specification struct{ json, yaml []byte }

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
	var err error
	if a.spec.json, err = json.MarshalIndent(doc, "", "  "); err != nil {
		panic(err) // the document is the same at every start; a test makes it
	}
	if a.spec.yaml, err = doc.YAML(); err != nil {
		panic(err)
	}
	serve := func(kind string, content []byte) gin.HandlerFunc {
		return func(c *gin.Context) {
			c.Header("Cache-Control", "no-cache")
			c.Data(http.StatusOK, kind, content)
		}
	}
	a.engine.GET(Prefix+"/openapi.json", serve("application/openapi+json", a.spec.json))
	a.engine.GET(Prefix+"/openapi.yaml", serve("application/openapi+yaml", a.spec.yaml))
}

// OpenAPI gives the OpenAPI 3.1 document as JSON with a newline at the end.
func (a *API) OpenAPI() []byte { return append(bytes.Clone(a.spec.json), '\n') }
