package tunnel

import (
	"net/netip"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
)

var name = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Separate tells whether a domain may hold sessions beside a portal: a name whose registrable domain is not the portal's, so that no cookie of either
// reaches the other.
func Separate(domain, portal string) bool {
	if !name.MatchString(domain) || len(domain) > 200 {
		return false
	}
	portal = strings.ToLower(portal)
	if _, err := netip.ParseAddr(portal); err == nil {
		return true
	}
	if portal == domain || strings.HasSuffix(portal, "."+domain) || strings.HasSuffix(domain, "."+portal) && portal != "localhost" {
		return false
	}
	mine, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return true // a suffix of its own: nothing registrable is shared with anybody
	}
	theirs, err := publicsuffix.EffectiveTLDPlusOne(portal)
	return err != nil || mine != theirs
}
