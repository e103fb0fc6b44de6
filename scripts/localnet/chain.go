package main

import (
	"io"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"

	"github.com/CosmWasm/wasmd/app"
	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"

	"wicker/localnet/tokenfactory"
)

// A block's pace, apart from the time its transactions take.
const pace = 500 * time.Millisecond

// newChain is wasmd with a token factory.
func newChain(
	logger log.Logger, db dbm.DB, trace io.Writer, options servertypes.AppOptions, base ...func(*baseapp.BaseApp),
) (*app.WasmApp, *tokenfactory.Factory) {
	factory := tokenfactory.New()
	mount := func(chain *baseapp.BaseApp) { chain.MountStores(factory.Key()) }
	wasm := []wasmkeeper.Option{wasmkeeper.WithMessageHandlerDecorator(factory.Decorate)}
	chain := app.NewWasmApp(logger, db, trace, true, options, wasm, append(base, mount)...)
	factory.Bind(chain.BankKeeper)
	return chain, factory
}

// startChain is what the server runs.
func startChain(logger log.Logger, db dbm.DB, trace io.Writer, options servertypes.AppOptions) servertypes.Application {
	chain, _ := newChain(logger, db, trace, options, server.DefaultBaseappOptions(options)...)
	return chain
}

// nodeDefaults are written where a home is made.
func nodeDefaults() *cmtcfg.Config {
	config := cmtcfg.DefaultConfig()
	config.Consensus.TimeoutCommit = pace
	config.P2P.ListenAddress = "tcp://127.0.0.1:0"
	config.P2P.MaxNumInboundPeers = 0
	config.P2P.MaxNumOutboundPeers = 0
	config.P2P.PexReactor = false
	config.RPC.PprofListenAddress = ""
	return config
}

type appConfig struct {
	serverconfig.Config

	Wasm wasmtypes.NodeConfig `mapstructure:"wasm"`
}

// appDefaults are written beside them.
func appDefaults() (string, any) {
	config := appConfig{Config: *serverconfig.DefaultConfig(), Wasm: wasmtypes.DefaultNodeConfig()}
	config.API.Enable = false
	config.GRPC.Enable = false
	config.GRPCWeb.Enable = false
	return serverconfig.DefaultConfigTemplate + wasmtypes.DefaultConfigTemplate(), config
}
