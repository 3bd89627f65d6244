package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// storms is how long chance plays in an ordinary world.
const storms = 8 * time.Minute

func main() {
	seed := flag.Uint64("seed", 1, "the `seed` of the first world")
	worlds := flag.Int("worlds", 1, "how many `worlds`, with seeds that follow one another")
	runs := flag.Int("runs", 1, "how many `times` each is played; all must be the same")
	sites := flag.Int("sites", 4, "buildings in a world")
	aloud := flag.Bool("story", false, "print every event")
	flag.Parse()
	broken := 0
	for n := range *worlds {
		s := settings{seed: *seed + uint64(n), sites: *sites, storms: storms}
		if *aloud {
			s.story = os.Stdout
		}
		if !same(s, *runs) {
			broken++
		}
	}
	if broken > 0 {
		os.Exit(1)
	}
}

// same plays one world some times and tells whether it held its promises and was the same each time.
func same(s settings, runs int) bool {
	first := play(s)
	fmt.Printf("seed %d: %s  events %d, rows %d, commands %d, doors %d, edits %d, crashes %d\n",
		s.seed, first.Digest, first.Events, first.Rows, first.Commands, first.Doors, first.Edits, first.Crashes)
	equal := 1
	for range runs - 1 {
		if play(s).Digest == first.Digest {
			equal++
		}
	}
	if runs > 1 {
		fmt.Printf("seed %d: %d of %d runs were the same\n", s.seed, equal, runs)
	}
	if first.Broken != nil {
		fmt.Println("BROKEN", first.Broken)
	}
	return first.Broken == nil && equal == runs
}
