package desired

import (
	"fmt"
	"strings"
	"testing"

	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// A document from before has no trunk; one with a trunk that is out of order is no document.
func TestView_TheTrunkOfTheSite(t *testing.T) {
	d, _ := house(t)
	if v, err := Read(d, 1); err != nil || v.Trunk != nil {
		t.Fatalf("%v %v", v.Trunk, err)
	}
	site := domain.SiteID{1}
	trunk := domain.Trunk{
		SiteID: site, Host: "sip.example.com", Register: true, User: "4930123", Password: secret.New("planted"), Enabled: true,
		Limits: domain.TrunkLimits{Countries: []string{"DE"}},
	}
	trunk.Defaults()
	put(t, d, SectionTrunk, Key(site), trunk)
	v, err := Read(d, 2)
	if err != nil || v.Trunk == nil || v.Trunk.Password.Reveal() != "planted" || v.Trunk.Limits.Calls != 2 {
		t.Fatalf("%+v %v", v.Trunk, err)
	}
	if strings.Contains(fmt.Sprintf("%+v", *v.Trunk), "planted") {
		t.Error("the password is printed")
	}
	trunk.Limits.Countries = nil
	put(t, d, SectionTrunk, Key(site), trunk)
	if _, err := Read(d, 3); err == nil {
		t.Error("a trunk without limits was taken")
	}
}
