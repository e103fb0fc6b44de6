package time

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	cmttime "github.com/cometbft/cometbft/types/time"
)

func TestTheClockIsAheadByWhatTheFileSays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	t.Setenv(Variable, path)
	require.WithinDuration(t, time.Now(), ahead(), time.Minute)
	for text, hours := range map[string]int{"7200\n": 2, "-7200": 0, "two": 0, "": 0} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		then := time.Now().Add(time.Duration(hours) * time.Hour)
		require.WithinDuration(t, then, ahead(), time.Minute, text)
	}
}

func TestCometsClockIsThisOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	require.NoError(t, os.WriteFile(path, []byte("86400"), 0o600))
	t.Setenv(Variable, path)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), cmttime.Now(), time.Minute)
}
