package e2e

import "os"

func tail(text string, n int) string {
	if len(text) > n {
		return text[len(text)-n:]
	}
	return text
}

func readAll(paths []string) string {
	var out string
	for _, p := range paths {
		data, err := os.ReadFile(p) //nolint:gosec // the test's own files
		if err == nil {
			out += tail(string(data), 6000)
		}
	}
	return out
}
