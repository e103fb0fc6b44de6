package tokenfactory

import (
	"context"
	"errors"
	"strings"
	"testing"

	wasmvmtypes "github.com/CosmWasm/wasmvm/v3/types"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"

	"github.com/CosmWasm/wasmd/app"
	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
)

// Two contracts and a user.
var (
	issuer   = sdk.AccAddress([]byte(strings.Repeat("i", 32)))
	stranger = sdk.AccAddress([]byte(strings.Repeat("s", 32)))
	user     = sdk.AccAddress([]byte(strings.Repeat("u", 20)))
)

var errPassedOn = errors.New("passed on")

type world struct {
	*testing.T
	app     *app.WasmApp
	factory *Factory
	ctx     sdk.Context
	handler wasmkeeper.Messenger
}

func open(t *testing.T, db dbm.DB, home string) (*app.WasmApp, *Factory) {
	factory := New()
	mount := func(chain *baseapp.BaseApp) { chain.MountStores(factory.Key()) }
	chain := app.NewWasmApp(log.NewNopLogger(), db, nil, true, simtestutil.NewAppOptionsWithFlagHome(home), nil, mount)
	factory.Bind(chain.BankKeeper)
	return chain, factory
}

// start is a chain on which the issuer can pay for two denoms.
func start(t *testing.T, db dbm.DB) world {
	t.Helper()
	chain, factory := open(t, db, t.TempDir())
	state, err := cmtjson.Marshal(app.GenesisStateWithSingleValidator(t, chain))
	require.NoError(t, err)
	_, err = chain.InitChain(&abci.RequestInitChain{ConsensusParams: simtestutil.DefaultConsensusParams, AppStateBytes: state})
	require.NoError(t, err)
	_, err = chain.FinalizeBlock(&abci.RequestFinalizeBlock{Height: 1})
	require.NoError(t, err)
	_, err = chain.Commit()
	require.NoError(t, err)
	ctx := chain.NewUncachedContext(false, cmtproto.Header{Height: 2})
	fees := sdk.NewCoins(sdk.NewCoin("stake", math.NewInt(2*FeeAmount)))
	require.NoError(t, chain.BankKeeper.MintCoins(ctx, minttypes.ModuleName, fees))
	require.NoError(t, chain.BankKeeper.SendCoinsFromModuleToAccount(ctx, minttypes.ModuleName, issuer, fees))
	next := wasmkeeper.MessageHandlerFunc(func(
		sdk.Context, sdk.AccAddress, string, wasmvmtypes.CosmosMsg,
	) ([]sdk.Event, [][]byte, [][]*codectypes.Any, error) {
		return nil, nil, nil, errPassedOn
	})
	return world{t, chain, factory, ctx, factory.Decorate(next)}
}

// started is a chain with the denom "debt" of the issuer, of which it holds 1000.
func started(t *testing.T) (world, string) {
	t.Helper()
	return startedOn(t, dbm.NewMemDB())
}

func startedOn(t *testing.T, db dbm.DB) (world, string) {
	t.Helper()
	w := start(t, db)
	_, err := w.send(issuer, "MsgCreateDenom", issuer.String(), "debt")
	require.NoError(t, err)
	denom := "factory/" + issuer.String() + "/debt"
	_, err = w.send(issuer, "MsgMint", issuer.String(), coin(denom, "1000"))
	require.NoError(t, err)
	return w, denom
}

// message writes each field that is not empty, numbered from one.
func message(fields ...string) []byte {
	var bytes []byte
	for number, field := range fields {
		if field != "" {
			bytes = protowire.AppendTag(bytes, protowire.Number(number+1), protowire.BytesType)
			bytes = protowire.AppendString(bytes, field)
		}
	}
	return bytes
}

func coin(denom, amount string) string {
	return string(message(denom, amount))
}

func (w world) send(contract sdk.AccAddress, name string, fields ...string) (*codectypes.Any, error) {
	_, answer, err := w.dispatch(contract, Prefix+name, message(fields...))
	return answer, err
}

func (w world) dispatch(contract sdk.AccAddress, url string, value []byte) ([]sdk.Event, *codectypes.Any, error) {
	msg := wasmvmtypes.CosmosMsg{Any: &wasmvmtypes.AnyMsg{TypeURL: url, Value: value}}
	events, data, answers, err := w.handler.DispatchMsg(w.ctx, contract, "", msg)
	if err != nil {
		return nil, nil, err
	}
	require.Len(w, answers, 1)
	require.Len(w, answers[0], 1)
	require.Equal(w, data, [][]byte{answers[0][0].Value})
	return events, answers[0][0], nil
}

func (w world) balance(who sdk.AccAddress, denom string) int64 {
	return w.app.BankKeeper.GetBalance(w.ctx, who, denom).Amount.Int64()
}

func (w world) supply(denom string) int64 {
	return w.app.BankKeeper.GetSupply(w.ctx, denom).Amount.Int64()
}

func TestACreationAnswersTheDenomAndCostsItsFeeAndGas(t *testing.T) {
	w := start(t, dbm.NewMemDB())
	before := w.ctx.GasMeter().GasConsumed()
	answer, err := w.send(issuer, "MsgCreateDenom", issuer.String(), "debt")
	require.NoError(t, err)
	denom := "factory/" + issuer.String() + "/debt"
	require.Equal(t, Prefix+"MsgCreateDenomResponse", answer.TypeUrl)
	require.Equal(t, message(denom), answer.Value)
	require.EqualValues(t, FeeAmount, w.balance(issuer, "stake"))
	require.Greater(t, w.ctx.GasMeter().GasConsumed()-before, uint64(2_000_000))
	admin, exists := w.factory.Admin(w.ctx, denom)
	require.True(t, exists)
	require.Equal(t, issuer.String(), admin)
	metadata, exists := w.app.BankKeeper.GetDenomMetaData(w.ctx, denom)
	require.True(t, exists)
	require.NoError(t, metadata.Validate())
}

func TestMintingAndBurningMoveTheSupplyAndNothingElse(t *testing.T) {
	w, denom := started(t)
	_, err := w.send(issuer, "MsgMint", issuer.String(), coin(denom, "70"), user.String())
	require.NoError(t, err)
	require.EqualValues(t, []int64{1000, 70, 1070}, []int64{w.balance(issuer, denom), w.balance(user, denom), w.supply(denom)})
	_, err = w.send(issuer, "MsgBurn", issuer.String(), coin(denom, "400"))
	require.NoError(t, err)
	require.EqualValues(t, []int64{600, 70, 670}, []int64{w.balance(issuer, denom), w.balance(user, denom), w.supply(denom)})
}

func TestANewAdminMintsAndTheOldOneNoLonger(t *testing.T) {
	w, denom := started(t)
	_, err := w.send(issuer, "MsgChangeAdmin", issuer.String(), denom, stranger.String())
	require.NoError(t, err)
	_, err = w.send(issuer, "MsgMint", issuer.String(), coin(denom, "1"))
	require.ErrorIs(t, err, ErrRefused)
	_, err = w.send(stranger, "MsgMint", stranger.String(), coin(denom, "5"))
	require.NoError(t, err)
	require.EqualValues(t, 5, w.balance(stranger, denom))
}

func TestADenomGivenUpIsNobodys(t *testing.T) {
	w, denom := started(t)
	_, err := w.send(issuer, "MsgChangeAdmin", issuer.String(), denom, "")
	require.NoError(t, err)
	admin, exists := w.factory.Admin(w.ctx, denom)
	require.True(t, exists)
	require.Empty(t, admin)
	_, err = w.send(issuer, "MsgMint", issuer.String(), coin(denom, "1"))
	require.ErrorIs(t, err, ErrRefused)
}

func TestMetadataIsTheAdminsToSet(t *testing.T) {
	w, denom := started(t)
	metadata := banktypes.Metadata{
		Base: denom, Display: "DEBT", Name: "Debt", Symbol: "DEBT",
		DenomUnits: []*banktypes.DenomUnit{{Denom: denom}, {Denom: "DEBT", Exponent: 6}},
	}
	bytes, err := metadata.Marshal()
	require.NoError(t, err)
	_, err = w.send(stranger, "MsgSetDenomMetadata", stranger.String(), string(bytes))
	require.ErrorIs(t, err, ErrRefused)
	_, err = w.send(issuer, "MsgSetDenomMetadata", issuer.String(), string(bytes))
	require.NoError(t, err)
	stored, _ := w.app.BankKeeper.GetDenomMetaData(w.ctx, denom)
	require.Equal(t, metadata, stored)
}

func TestWhatTheRealModuleRefusesIsRefusedAndChangesNothing(t *testing.T) {
	w, denom := started(t)
	me, long := issuer.String(), strings.Repeat("d", MaxSubdenom)
	blocked := authtypes.NewModuleAddress(authtypes.FeeCollectorName).String()
	cases := map[string]struct {
		name   string
		fields []string
	}{
		"a sender who did not send":     {"MsgMint", []string{stranger.String(), coin(denom, "1")}},
		"no sender":                     {"MsgMint", []string{"", coin(denom, "1")}},
		"a second creation":             {"MsgCreateDenom", []string{me, "debt"}},
		"a sub-denom too long":          {"MsgCreateDenom", []string{me, long + "d"}},
		"letters no denom has":          {"MsgCreateDenom", []string{me, "de bt"}},
		"another coin's name":           {"MsgCreateDenom", []string{me, "stake"}},
		"nothing minted":                {"MsgMint", []string{me, coin(denom, "0")}},
		"less than nothing minted":      {"MsgMint", []string{me, coin(denom, "-5")}},
		"no number minted":              {"MsgMint", []string{me, coin(denom, "1.5")}},
		"no coin minted":                {"MsgMint", []string{me}},
		"nothing burned":                {"MsgBurn", []string{me, coin(denom, "0")}},
		"more burned than held":         {"MsgBurn", []string{me, coin(denom, "1001")}},
		"burned from itself by name":    {"MsgBurn", []string{me, coin(denom, "1"), me}},
		"burned from another":           {"MsgBurn", []string{me, coin(denom, "1"), user.String()}},
		"an unknown denom minted":       {"MsgMint", []string{me, coin("factory/"+me+"/other", "1")}},
		"an unknown denom burned":       {"MsgBurn", []string{me, coin("factory/"+me+"/other", "1")}},
		"the staking denom minted":      {"MsgMint", []string{me, coin("stake", "1")}},
		"the staking denom burned":      {"MsgBurn", []string{me, coin("stake", "1")}},
		"minted to no address":          {"MsgMint", []string{me, coin(denom, "1"), "wasm1nobody"}},
		"minted to a module":            {"MsgMint", []string{me, coin(denom, "1"), blocked}},
		"an admin that is no address":   {"MsgChangeAdmin", []string{me, denom, "wasm1nobody"}},
		"the admin of an unknown denom": {"MsgChangeAdmin", []string{me, "factory/" + me + "/other", me}},
		"metadata that says nothing":    {"MsgSetDenomMetadata", []string{me, string(message("text"))}},
		"a transfer by force":           {"MsgForceTransfer", []string{me, coin(denom, "1"), user.String(), me}},
		"a field too many":              {"MsgBurn", []string{me, coin(denom, "1"), "", "more"}},
	}
	for what, refused := range cases {
		_, err := w.send(issuer, refused.name, refused.fields...)
		require.Error(t, err, what)
		require.NotErrorIs(t, err, errPassedOn, what)
		require.EqualValues(t, []int64{1000, 1000}, []int64{w.balance(issuer, denom), w.supply(denom)}, what)
		require.EqualValues(t, FeeAmount, w.balance(issuer, "stake"), what)
		admin, _ := w.factory.Admin(w.ctx, denom)
		require.Equal(t, me, admin, what)
	}
	for _, name := range []string{"MsgMint", "MsgBurn"} {
		_, err := w.send(stranger, name, stranger.String(), coin(denom, "1"))
		require.ErrorIs(t, err, ErrRefused, "%s by another than the admin", name)
	}
	_, err := w.send(stranger, "MsgCreateDenom", stranger.String(), "debt")
	require.Error(t, err, "a creation without its fee")
	_, err = w.send(issuer, "MsgCreateDenom", me, long)
	require.NoError(t, err, "the longest sub-denom is none of these")
}

func TestBytesThatAreNoMessageAreRefused(t *testing.T) {
	w, _ := started(t)
	for _, value := range [][]byte{{0x0a}, {0x0a, 0x05, 'x'}, {0x08, 0x01}, {0xff}} {
		_, _, err := w.dispatch(issuer, Prefix+"MsgMint", value)
		require.ErrorIs(t, err, ErrRefused, "%x", value)
	}
}

// A bank that mints and then cannot send.
type brokenBank struct{ Bank }

func (brokenBank) SendCoinsFromModuleToAccount(context.Context, string, sdk.AccAddress, sdk.Coins) error {
	return errors.New("broken")
}

func TestAFailureHalfWayLeavesNothingBehind(t *testing.T) {
	w, denom := started(t)
	w.factory.Bind(brokenBank{w.app.BankKeeper})
	events := len(w.ctx.EventManager().Events())
	_, err := w.send(issuer, "MsgMint", issuer.String(), coin(denom, "7"))
	require.ErrorContains(t, err, "broken")
	require.EqualValues(t, 1000, w.supply(denom))
	require.Len(t, w.ctx.EventManager().Events(), events)
}

func TestAdminsOutliveTheProgram(t *testing.T) {
	db := dbm.NewMemDB()
	w, denom := startedOn(t, db)
	_, err := w.app.FinalizeBlock(&abci.RequestFinalizeBlock{Height: 2})
	require.NoError(t, err)
	_, err = w.app.Commit()
	require.NoError(t, err)
	again, factory := open(t, db, t.TempDir())
	admin, exists := factory.Admin(again.NewUncachedContext(false, cmtproto.Header{Height: 3}), denom)
	require.True(t, exists)
	require.Equal(t, issuer.String(), admin)
}

func TestOtherMessagesArePassedOn(t *testing.T) {
	w, _ := started(t)
	for _, url := range []string{"/cosmos.bank.v1beta1.MsgSend", "/osmosis.tokenfactory.v2.MsgMint", ""} {
		_, _, err := w.dispatch(issuer, url, nil)
		require.ErrorIs(t, err, errPassedOn, url)
	}
	_, _, _, err := w.handler.DispatchMsg(w.ctx, issuer, "", wasmvmtypes.CosmosMsg{Bank: &wasmvmtypes.BankMsg{}})
	require.ErrorIs(t, err, errPassedOn)
}

func TestTheEventsSayWhatMoved(t *testing.T) {
	w, denom := started(t)
	events, _, err := w.dispatch(issuer, Prefix+"MsgBurn", message(issuer.String(), coin(denom, "3")))
	require.NoError(t, err)
	last := events[len(events)-1]
	require.Equal(t, "tf_burn", last.Type)
	amount, found := last.GetAttribute("amount")
	require.True(t, found)
	require.Equal(t, "3"+denom, amount.Value)
}
