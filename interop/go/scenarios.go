package main

import (
	"fmt"
	"os"
	"strings"
)

// What of the server a scenario needs to know.
func fact(name string) string { return os.Getenv("KS_" + name) }

// Runs one scenario and prints its line.
func scenario(name string, work func() error) {
	if err := work(); err != nil {
		text := strings.Join(strings.Fields(err.Error()), " ")
		if len(text) > 600 {
			text = text[:600]
		}
		fmt.Printf("failed %s: %s\n", name, text)
		return
	}
	fmt.Printf("ok %s\n", name)
}

func equal(found, expected any) error {
	if found == expected {
		return nil
	}
	return fmt.Errorf("%v is not %v", found, expected)
}

// The error of what must fail, which must hold all of the words.
func refused(err error, words ...string) error {
	if err == nil {
		return fmt.Errorf("it was not refused")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			return fmt.Errorf("the error does not say %q: %w", word, err)
		}
	}
	return nil
}
