package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/CosmWasm/wasmd/app"
)

func ring() keyring.Keyring {
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	return keyring.NewInMemory(codec.NewProtoCodec(registry))
}

func TestEachAccountsAddressIsItsWords(t *testing.T) {
	sdk.GetConfig().SetBech32PrefixForAccount(app.Bech32PrefixAccAddr, app.Bech32PrefixAccPub)
	accounts, err := readAccounts("accounts.json")
	require.NoError(t, err)
	require.Greater(t, len(accounts), 20)
	ring := ring()
	for _, account := range accounts {
		require.NoError(t, account.addTo(ring), account.Name)
	}
}

func TestAnAddressThatIsNotTheWordsIsRefused(t *testing.T) {
	accounts, err := readAccounts("accounts.json")
	require.NoError(t, err)
	wrong := accounts[0]
	wrong.Address = accounts[1].Address
	require.ErrorContains(t, wrong.addTo(ring()), "the words are those of")
}
