package call

import (
	"flag"
	"os"
	"testing"
)

// TestMain plays a few hundred random orders; with VESTIBULE_SOAK=1 ten thousand. A number given on the command line stays.
func TestMain(m *testing.M) {
	checks := "300"
	if os.Getenv("VESTIBULE_SOAK") != "" {
		checks = "10000"
	}
	flag.Parse()
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
