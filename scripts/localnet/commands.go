package main

import (
	"os"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/server"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/CosmWasm/wasmd/app"
	"github.com/CosmWasm/wasmd/x/wasm"
)

// rootCommand has what a test needs of wasmd's commands.
func rootCommand() (*cobra.Command, error) {
	// The modules' codecs and commands are to be had from an app only; this one never runs.
	folder, err := os.MkdirTemp("", "wasmd")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	chain, _ := newChain(log.NewNopLogger(), dbm.NewMemDB(), nil, simtestutil.NewAppOptionsWithFlagHome(folder))

	ctx := client.Context{}.
		WithCodec(chain.AppCodec()).
		WithInterfaceRegistry(chain.InterfaceRegistry()).
		WithTxConfig(chain.TxConfig()).
		WithLegacyAmino(chain.LegacyAmino()).
		WithInput(os.Stdin).
		WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(app.DefaultNodeHome).
		WithViper("")

	root := &cobra.Command{
		Use:           "wasmd",
		Short:         "A wasmd chain for tests on one machine",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(cmd.OutOrStdout())
			cmd.SetErr(cmd.ErrOrStderr())
			ctx, err := client.ReadPersistentCommandFlags(ctx.WithCmdContext(cmd.Context()), cmd.Flags())
			if err != nil {
				return err
			}
			if ctx, err = config.ReadFromClientConfig(ctx); err != nil {
				return err
			}
			if err := client.SetCmdClientContextHandler(ctx, cmd); err != nil {
				return err
			}
			template, defaults := appDefaults()
			return server.InterceptConfigsPreRunHandler(cmd, template, defaults, nodeDefaults())
		},
	}
	start := server.StartCmd(startChain, app.DefaultNodeHome)
	wasm.AddModuleInitFlags(start)
	root.AddCommand(
		genutilcli.InitCmd(chain.BasicModuleManager, app.DefaultNodeHome),
		genutilcli.Commands(chain.TxConfig(), chain.BasicModuleManager, app.DefaultNodeHome),
		start,
		server.StatusCommand(),
		keys.Commands(),
		importCommand(),
		group("query", "Questions", authcmd.QueryTxCmd(), authcmd.QueryTxsByEventsCmd(), server.QueryBlockCmd(), server.QueryBlockResultsCmd()),
		group("tx", "Transactions", authcmd.GetSignCommand(), authcmd.GetBroadcastCommand(), authcmd.GetEncodeCommand(), authcmd.GetDecodeCommand()),
	)
	modules := chain.AutoCliOpts()
	modules.ClientCtx = ctx
	return root, modules.EnhanceRootCommand(root)
}

func group(name, short string, commands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{Use: name, Aliases: []string{name[:1]}, Short: short, RunE: client.ValidateCmd}
	group.AddCommand(commands...)
	return group
}
