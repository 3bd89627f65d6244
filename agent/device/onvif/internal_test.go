package onvif

import (
	"testing"

	"vestibule/agent/device/web"
)

// FuzzRead: whatever a device answers, reading it ends with an answer or an error.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`<e:Envelope xmlns:e="x"><e:Body><r><Profiles token="a"/></r></e:Body></e:Envelope>`))
	f.Add([]byte(`<Envelope><Body><Fault><Code><Subcode><Value>ter:NotAuthorized</Value></Subcode></Code></Fault></Body></Envelope>`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		var list struct {
			Profiles []struct {
				Token string `xml:"token,attr"`
			}
		}
		_ = read("fuzz", web.Answer{Status: 200, Body: body}, &list)
	})
}
