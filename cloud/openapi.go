package cloud

import (
	"log/slog"

	"vestibule/cloud/api"
	"vestibule/cloud/portal"
)

// OpenAPI gives the OpenAPI document of the API without starting anything.
func OpenAPI() []byte {
	return api.New(api.Config{Portal: portal.Files(), Logger: slog.New(slog.DiscardHandler)}).OpenAPI()
}
