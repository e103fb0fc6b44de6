// The program of a chain for tests on one machine: wasmd, the messages of a token factory, and defaults for one validator that listens on
// loopback only.
package main

import (
	"fmt"
	"os"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/CosmWasm/wasmd/app"
	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"
)

func main() {
	prefixes := sdk.GetConfig()
	prefixes.SetBech32PrefixForAccount(app.Bech32PrefixAccAddr, app.Bech32PrefixAccPub)
	prefixes.SetBech32PrefixForValidator(app.Bech32PrefixValAddr, app.Bech32PrefixValPub)
	prefixes.SetBech32PrefixForConsensusNode(app.Bech32PrefixConsAddr, app.Bech32PrefixConsPub)
	prefixes.SetAddressVerifier(wasmtypes.VerifyAddressLen())
	prefixes.Seal()

	root, err := rootCommand()
	if err == nil {
		err = svrcmd.Execute(root, "", app.DefaultNodeHome)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "wasmd:", err)
		os.Exit(1)
	}
}
