// Package time is one file more in CometBFT's package of that name, put there when the node's program is built: it lets the chain's clock run
// ahead, so that a test need not wait an hour for a price to age. The clock is CometBFT's own, so blocks, contracts and clients all see it, and a
// chain that is replayed finds the times in its blocks.
package time

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// Variable of the environment that names a file with the seconds by which the clock is ahead. The file is read each time, so that it may grow
// while the chain runs.
const Variable = "WICKER_LOCALNET_CLOCK"

// ahead is the machine's time and what the file adds to it; a file that is not there or says no whole number adds nothing.
func ahead() time.Time {
	now := time.Now()
	path := os.Getenv(Variable)
	if path == "" {
		return now
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return now
	}
	seconds, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 31)
	if err != nil {
		return now
	}
	return now.Add(time.Duration(seconds) * time.Second)
}
