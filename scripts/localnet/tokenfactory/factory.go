// Package tokenfactory answers the messages of a token factory on a chain that has none: it catches them where contracts send them and mints
// and burns through the bank. It refuses what the real module refuses; only contracts can reach it.
package tokenfactory

import (
	"context"

	"cosmossdk.io/math"
	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"
)

const (
	// Prefix of the type urls it answers to.
	Prefix = "/osmosis.tokenfactory.v1beta1."
	// StoreName of the admins.
	StoreName = "tokenfactory"
	// MaxSubdenom is the longest last part of a denom.
	MaxSubdenom = 44
	// CreationGas is what the real module lets a creation cost by default, beside the fee.
	CreationGas = 2_000_000
	// FeeAmount of the staking denom is what a creation costs by default.
	FeeAmount = 10_000_000

	// The account that mints and burns: wasmd's list of module accounts is closed, and this one has both permissions.
	account = transfertypes.ModuleName
)

// Bank is the part of the bank that a token factory needs.
type Bank interface {
	GetDenomMetaData(ctx context.Context, denom string) (banktypes.Metadata, bool)
	SetDenomMetaData(ctx context.Context, metadata banktypes.Metadata)
	HasSupply(ctx context.Context, denom string) bool
	MintCoins(ctx context.Context, module string, coins sdk.Coins) error
	BurnCoins(ctx context.Context, module string, coins sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, from string, to sdk.AccAddress, coins sdk.Coins) error
	SendCoinsFromAccountToModule(ctx context.Context, from sdk.AccAddress, to string, coins sdk.Coins) error
}

// Factory keeps who may mint and burn each denom.
type Factory struct {
	key  *storetypes.KVStoreKey
	bank Bank
}

// New is a factory without a bank: the bank comes with the app, which is built after this.
func New() *Factory {
	return &Factory{key: storetypes.NewKVStoreKey(StoreName)}
}

// Key is the store to mount.
func (f *Factory) Key() *storetypes.KVStoreKey {
	return f.key
}

// Bind gives the factory the app's bank.
func (f *Factory) Bind(bank Bank) {
	f.bank = bank
}

// Admin of a denom; false where there is no such denom. An empty admin has given the denom up.
func (f *Factory) Admin(ctx sdk.Context, denom string) (string, bool) {
	value := ctx.KVStore(f.key).Get(adminKey(denom))
	if value == nil {
		return "", false
	}
	return string(value[1:]), true
}

func (f *Factory) setAdmin(ctx sdk.Context, denom, admin string) {
	// One byte before it: an empty value cannot be stored.
	ctx.KVStore(f.key).Set(adminKey(denom), append([]byte{'='}, admin...))
}

// As long as the real module's key, so that reading it costs as much.
func adminKey(denom string) []byte {
	return []byte("denoms|" + denom + "|authoritymetadata")
}

func (f *Factory) create(ctx sdk.Context, sender sdk.AccAddress, subdenom string) (string, error) {
	denom, err := denomOf(sender.String(), subdenom)
	if err != nil {
		return "", err
	}
	// Of old, a sub-denom must not be the name of another coin.
	if f.bank.HasSupply(ctx, subdenom) {
		return "", ErrRefused.Wrapf("%s is a coin of its own", subdenom)
	}
	if _, exists := f.bank.GetDenomMetaData(ctx, denom); exists {
		return "", ErrRefused.Wrapf("%s exists already", denom)
	}
	fee := sdk.NewCoins(sdk.NewCoin(sdk.DefaultBondDenom, math.NewInt(FeeAmount)))
	if err := f.bank.SendCoinsFromAccountToModule(ctx, sender, authtypes.FeeCollectorName, fee); err != nil {
		return "", err
	}
	ctx.GasMeter().ConsumeGas(CreationGas, "creation of a denom")
	f.bank.SetDenomMetaData(ctx, banktypes.Metadata{
		Base:       denom,
		Display:    denom,
		Name:       denom,
		Symbol:     denom,
		DenomUnits: []*banktypes.DenomUnit{{Denom: denom}},
	})
	f.setAdmin(ctx, denom, sender.String())
	return denom, nil
}

func denomOf(creator, subdenom string) (string, error) {
	if len(subdenom) > MaxSubdenom {
		return "", ErrRefused.Wrapf("%q has %d characters, more than %d", subdenom, len(subdenom), MaxSubdenom)
	}
	denom := "factory/" + creator + "/" + subdenom
	if err := sdk.ValidateDenom(denom); err != nil {
		return "", ErrRefused.Wrap(err.Error())
	}
	return denom, nil
}

func (f *Factory) mint(ctx sdk.Context, sender sdk.AccAddress, coin sdk.Coin, to string) error {
	if _, exists := f.bank.GetDenomMetaData(ctx, coin.Denom); !exists {
		return ErrRefused.Wrapf("%s does not exist", coin.Denom)
	}
	if err := f.onlyAdmin(ctx, sender, coin.Denom); err != nil {
		return err
	}
	receiver := sender
	if to != "" {
		var err error
		if receiver, err = sdk.AccAddressFromBech32(to); err != nil {
			return ErrRefused.Wrapf("mint to %q: %s", to, err)
		}
	}
	coins := sdk.NewCoins(coin)
	if err := f.bank.MintCoins(ctx, account, coins); err != nil {
		return err
	}
	return f.bank.SendCoinsFromModuleToAccount(ctx, account, receiver, coins)
}

func (f *Factory) burn(ctx sdk.Context, sender sdk.AccAddress, coin sdk.Coin, from string) error {
	if err := f.onlyAdmin(ctx, sender, coin.Denom); err != nil {
		return err
	}
	if from != "" {
		return ErrRefused.Wrap("burning from a named address is not enabled")
	}
	coins := sdk.NewCoins(coin)
	if err := f.bank.SendCoinsFromAccountToModule(ctx, sender, account, coins); err != nil {
		return err
	}
	return f.bank.BurnCoins(ctx, account, coins)
}

func (f *Factory) changeAdmin(ctx sdk.Context, sender sdk.AccAddress, denom, next string) error {
	if err := f.onlyAdmin(ctx, sender, denom); err != nil {
		return err
	}
	if next != "" {
		if _, err := sdk.AccAddressFromBech32(next); err != nil {
			return ErrRefused.Wrapf("admin %q: %s", next, err)
		}
	}
	f.setAdmin(ctx, denom, next)
	return nil
}

func (f *Factory) setMetadata(ctx sdk.Context, sender sdk.AccAddress, metadata banktypes.Metadata) error {
	if err := metadata.Validate(); err != nil {
		return ErrRefused.Wrap(err.Error())
	}
	if err := f.onlyAdmin(ctx, sender, metadata.Base); err != nil {
		return err
	}
	f.bank.SetDenomMetaData(ctx, metadata)
	return nil
}

func (f *Factory) onlyAdmin(ctx sdk.Context, sender sdk.AccAddress, denom string) error {
	admin, exists := f.Admin(ctx, denom)
	if !exists {
		return ErrRefused.Wrapf("%s does not exist", denom)
	}
	if admin != sender.String() {
		return ErrRefused.Wrapf("%s is not the admin of %s", sender, denom)
	}
	return nil
}
