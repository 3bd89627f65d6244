package configsync_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain sets how many random stories the property tests tell: few in an ordinary run, many in a soak.
func TestMain(m *testing.M) {
	flag.Parse()
	checks := "25"
	if os.Getenv("VESTIBULE_SOAK") != "" {
		checks = "2000"
	}
	if err := flag.Set("rapid.nofailfile", "true"); err != nil { // the seed is printed
		panic(err)
	}
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", checks); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
