package proof

import (
	"reflect"
	"testing"

	"github.com/icholy/digest"
)

// What the library's reader refuses is refused, and what it takes is read in the same way.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`Digest username="1001", realm="vestibule", nonce="n=", uri="sip:101@10.0.0.1", response="00ff", algorithm=MD5, cnonce="c", opaque="o", qop=auth, nc=0000000a`,
		`Digest  username = "a\"b\\c" ,realm=x,userhash=TRUE`, `digest username="a"`, `Digest`, `Digest `, `Digest a`, `Digest a=`, `Digest =`, `Digest a="b`, `Digest a="b\`,
		`Digest a=b c=d`, `Digest a=b,,c=d`, `Digest nc=xyz`, `Digest nc=-1`, "Digest username=\"\xff\xfe\"", "Digest username=\"\\\xff\"", "Digest a=\xffb", `Digest a=b,`,
		"Digest username=\"\u00e9\"", `Basic dTpw`, `Digest a="b"c="d"`, "Digest a=b\t", `Digest userhash="true"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := digest.ParseCredentials(text)
		got, ok := parse(text)
		if ok != (err == nil) || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: read %+v %v, want %+v %v", text, got, ok, want, err)
		}
	})
}
