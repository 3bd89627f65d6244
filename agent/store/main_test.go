package store_test

import (
	"fmt"
	"os"
	"testing"
)

// childEnv picks what the test program does as a child of one of its own tests.
const childEnv = "VESTIBULE_STORE_CHILD"

func TestMain(m *testing.M) {
	child := map[string]func() error{"volume": fillVolume, "kill": storeUntilKilled, "powercut": cutPower}[os.Getenv(childEnv)]
	if child == nil {
		os.Exit(m.Run())
	}
	if err := child(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
