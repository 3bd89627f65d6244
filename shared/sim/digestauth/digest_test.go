package digestauth

import (
	"errors"
	"testing"
)

// The examples printed in RFC 2617 section 3.5 and RFC 7616 section 3.9.1.
func TestResponse_MatchesThePrintedExamples(t *testing.T) {
	req := Request{Method: "GET", URI: "/dir/index.html"}
	new7616 := Challenge{Realm: "http-auth@example.org", Nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"}
	const cnonce7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	for _, c := range []struct {
		name, algorithm, password, cnonce, want string
		challenge                               Challenge
	}{
		{
			"rfc 2617", "", "Circle Of Life", "0a4f113b", "6629fae49393a05397450978507c4ef1",
			Challenge{Realm: "testrealm@host.com", Nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093"},
		},
		{"rfc 7616 md5", "MD5", "Circle of Life", cnonce7616, "8ca523f5e9506fed4657c9700eebdbec", new7616},
		{
			"rfc 7616 sha-256", "SHA-256", "Circle of Life", cnonce7616,
			"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", new7616,
		},
	} {
		c.challenge.Algorithm = c.algorithm
		got, err := response(c.challenge, Credentials{"Mufasa", c.password}, req, "auth", "00000001", c.cnonce)
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v", c.name, got, err)
		}
	}
}

func TestGuard_JudgesAnswers(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		g := NewGuard("HTTP API", algorithm)
		secrets := func(user string) (string, bool) { return "s\"ecret", user == "ann" }
		req := Request{Method: "POST", URI: "/api/config/set?a=1,2"}
		c, err := ParseChallenge(g.Challenge(false))
		if err != nil {
			t.Fatal(err)
		}
		answer := func(who Credentials, r Request, count int) string {
			s, err := Answer(c, who, r, count)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		right := Credentials{"ann", "s\"ecret"}
		first := answer(right, req, 1)
		for _, step := range []struct {
			name, header string
			want         Verdict
		}{
			{"no header", "", Denied},
			{"basic", "Basic YTpi", Denied},
			{"wrong password", answer(Credentials{"ann", "x"}, req, 1), Denied},
			{"stranger", answer(Credentials{"bob", "s\"ecret"}, req, 1), Denied},
			{"other address", answer(right, Request{Method: "POST", URI: "/api"}, 1), Denied},
			{"right", first, Granted},
			{"replayed", first, Stale},
			{"second use", answer(right, req, 2), Granted},
		} {
			if got := g.Check(step.header, req, secrets); got != step.want {
				t.Errorf("%s %s: verdict %d, want %d", algorithm, step.name, got, step.want)
			}
		}
	}
}

func TestParseChallenge_RefusesWhatItCannotAnswer(t *testing.T) {
	if _, err := ParseChallenge(`Digest realm="a", nonce="b", algorithm=SHA-512-256`); !errors.Is(err, ErrAlgorithm) {
		t.Fatal(err)
	}
	for _, s := range []string{
		"", "Digest", "Digest a", `Digest realm="a`, `Digest realm="a"`, `Basic realm="a"`,
		`Digest nonce=a, nonce=b`,
	} {
		if _, err := ParseChallenge(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

func FuzzParseChallenge(f *testing.F) {
	f.Add(`Digest realm="a\"b", nonce="c", qop="auth,auth-int", algorithm=MD5-sess`)
	f.Add(`Digest nonce=,`)
	f.Fuzz(func(_ *testing.T, s string) {
		if c, err := ParseChallenge(s); err == nil {
			_, _ = Answer(c, Credentials{"u", "p"}, Request{Method: "GET", URI: "/"}, 1)
		}
	})
}
