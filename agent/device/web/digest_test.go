package web

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"vestibule/shared/secret"
)

// The response itself is judged by the simulated phone, whose digest is other code.
func TestChallenge_Table(t *testing.T) {
	for header, ok := range map[string]bool{
		`Digest realm="HTTP API", nonce="a", qop="auth,auth-int", opaque="b"`: true,
		`Digest realm="HTTPAPI",nonce="a",algorithm=md5,qop=auth`:             true,
		`digest nonce="a"`: true,
		`Digest realm="x", nonce="a", qop="auth-int"`:  false,
		`Digest realm="x", nonce="", qop="auth"`:       false,
		`Digest realm="x", nonce="a", algorithm=SHA-1`: false,
		`Basic realm="x"`: false,
		`Digest`:          false,
		``:                false,
		`Digest nonce="` + strings.Repeat("a", 5000) + `"`: false,
	} {
		c, err := parseChallenge([]string{"Negotiate", header})
		if (err == nil) != ok {
			t.Errorf("%q: %v", header, err)
		}
		if ok {
			if a := c.authorize(http.MethodGet, "/api/x", `us"er`, secret.New("p")); !strings.Contains(a, `username="us\"er"`) || strings.ContainsAny(a, "\r\n") {
				t.Errorf("%q: %s", header, a)
			}
		}
	}
}

// A device that takes Basic alone is told of in words that help, and sent nothing.
//
// shows BEY-16 by agent/device/web/digest.go: "err = errBasic" => "_ = errBasic"
func TestChallenge_BasicAloneIsNamed(t *testing.T) {
	for header, want := range map[string]error{`Basic realm="HTTPAPI"`: errBasic, `basic realm="x"`: errBasic, `Digest nonce=""`: errChallenge} {
		if _, err := parseChallenge([]string{header}); !errors.Is(err, want) {
			t.Errorf("%q: %v", header, err)
		}
	}
	if c, err := parseChallenge([]string{`Basic realm="x"`, `Digest realm="x", nonce="a", qop="auth"`}); err != nil || c.nonce != "a" {
		t.Errorf("digest beside Basic: %v", err)
	}
}

func FuzzParseChallenge(f *testing.F) {
	f.Add(`Digest realm="HTTP API", nonce="a", qop="auth", opaque="b\"c"`)
	f.Add(`Digest ,,,=,"`)
	f.Fuzz(func(t *testing.T, header string) {
		if c, err := parseChallenge([]string{header}); err == nil {
			if a := c.authorize("GET", "/", "u", secret.New("p")); strings.ContainsAny(a, "\r\n") {
				t.Fatalf("%q", a)
			}
		}
	})
}
