package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// An account whose words everybody knows.
type account struct {
	Name     string `json:"name"`
	Address  string `json:"address"`
	Mnemonic string `json:"mnemonic"`
}

// importCommand fills a keyring in one go: each start of this program takes a second.
func importCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "import FILE",
		Short: "Add the accounts of a file to the keyring",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, err := client.GetClientQueryContext(cmd)
			if err != nil {
				return err
			}
			accounts, err := readAccounts(args[0])
			if err != nil {
				return err
			}
			for _, account := range accounts {
				if err := account.addTo(ctx.Keyring); err != nil {
					return fmt.Errorf("%s: %w", account.Name, err)
				}
			}
			return nil
		},
	}
	flags.AddKeyringFlags(command.Flags())
	return command
}

func readAccounts(path string) ([]account, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var accounts []account
	return accounts, json.Unmarshal(text, &accounts)
}

// addTo errors where the address is not the words'.
func (a account) addTo(ring keyring.Keyring) error {
	record, err := ring.NewAccount(a.Name, a.Mnemonic, "", sdk.FullFundraiserPath, hd.Secp256k1)
	if err != nil {
		return err
	}
	address, err := record.GetAddress()
	if err != nil {
		return err
	}
	if address.String() != a.Address {
		return fmt.Errorf("the words are those of %s, the file says %s", address, a.Address)
	}
	return nil
}
