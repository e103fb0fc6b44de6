package tokenfactory

import (
	"slices"
	"strings"

	wasmvmtypes "github.com/CosmWasm/wasmvm/v3/types"
	"google.golang.org/protobuf/encoding/protowire"

	errorsmod "cosmossdk.io/errors"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
)

// ErrRefused is what the real module would refuse.
var ErrRefused = errorsmod.Register(StoreName, 2, "refused")

// Decorate puts the factory before the handler of all other messages.
func (f *Factory) Decorate(next wasmkeeper.Messenger) wasmkeeper.Messenger {
	return wasmkeeper.MessageHandlerFunc(func(
		ctx sdk.Context, contract sdk.AccAddress, port string, msg wasmvmtypes.CosmosMsg,
	) ([]sdk.Event, [][]byte, [][]*codectypes.Any, error) {
		if msg.Any == nil || !strings.HasPrefix(msg.Any.TypeURL, Prefix) {
			return next.DispatchMsg(ctx, contract, port, msg)
		}
		// All or nothing, whoever calls.
		store := ctx.MultiStore().CacheMultiStore()
		inner := ctx.WithMultiStore(store).WithEventManager(sdk.NewEventManager())
		answer, err := f.answer(inner, contract, strings.TrimPrefix(msg.Any.TypeURL, Prefix), msg.Any.Value)
		if err != nil {
			return nil, nil, nil, err
		}
		store.Write()
		packed := &codectypes.Any{TypeUrl: msg.Any.TypeURL + "Response", Value: answer}
		return inner.EventManager().Events(), [][]byte{answer}, [][]*codectypes.Any{{packed}}, nil
	})
}

// The numbers of each message's fields, the sender's being 1.
var known = map[string][]protowire.Number{
	"MsgCreateDenom":      {1, 2},
	"MsgMint":             {1, 2, 3},
	"MsgBurn":             {1, 2, 3},
	"MsgChangeAdmin":      {1, 2, 3},
	"MsgSetDenomMetadata": {1, 2},
}

func (f *Factory) answer(ctx sdk.Context, contract sdk.AccAddress, name string, value []byte) ([]byte, error) {
	numbers, found := known[name]
	if !found {
		return nil, ErrRefused.Wrapf("%s is not a message of this module", name)
	}
	fields, err := decode(value, numbers)
	if err != nil {
		return nil, err
	}
	if sender := string(fields[1]); sender != contract.String() {
		return nil, ErrRefused.Wrapf("sent by %s, signed by %q", contract, sender)
	}
	second, third := string(fields[2]), string(fields[3])
	event := sdk.NewEvent(eventType(name))
	var answer []byte
	switch name {
	case "MsgCreateDenom":
		denom, err := f.create(ctx, contract, second)
		if err != nil {
			return nil, err
		}
		answer = protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), denom)
		event = event.AppendAttributes(sdk.NewAttribute("new_token_denom", denom))
	case "MsgMint", "MsgBurn":
		coin, err := coinOf(fields[2])
		if err != nil {
			return nil, err
		}
		move := f.mint
		if name == "MsgBurn" {
			move = f.burn
		}
		if err := move(ctx, contract, coin, third); err != nil {
			return nil, err
		}
		event = event.AppendAttributes(sdk.NewAttribute("amount", coin.String()))
	case "MsgChangeAdmin":
		if err := f.changeAdmin(ctx, contract, second, third); err != nil {
			return nil, err
		}
		event = event.AppendAttributes(sdk.NewAttribute("denom", second), sdk.NewAttribute("new_admin", third))
	case "MsgSetDenomMetadata":
		var metadata banktypes.Metadata
		if err := metadata.Unmarshal(fields[2]); err != nil {
			return nil, ErrRefused.Wrap(err.Error())
		}
		if err := f.setMetadata(ctx, contract, metadata); err != nil {
			return nil, err
		}
		event = event.AppendAttributes(sdk.NewAttribute("denom", metadata.Base))
	}
	ctx.EventManager().EmitEvent(event)
	return answer, nil
}

// The names under which the real module reports.
func eventType(name string) string {
	return map[string]string{
		"MsgCreateDenom":      "create_denom",
		"MsgMint":             "tf_mint",
		"MsgBurn":             "tf_burn",
		"MsgChangeAdmin":      "change_admin",
		"MsgSetDenomMetadata": "set_denom_metadata",
	}[name]
}

func coinOf(value []byte) (sdk.Coin, error) {
	var coin sdk.Coin
	if err := coin.Unmarshal(value); err != nil {
		return coin, ErrRefused.Wrap(err.Error())
	}
	if coin.Amount.IsNil() || !coin.IsValid() || coin.IsZero() {
		return coin, ErrRefused.Wrapf("%q is not an amount of coins", value)
	}
	return coin, nil
}

// The fields of a message that has only length-delimited ones; of a repeated field the last counts, as protobuf has it.
func decode(value []byte, numbers []protowire.Number) (map[protowire.Number][]byte, error) {
	fields := map[protowire.Number][]byte{}
	for len(value) > 0 {
		number, kind, length := protowire.ConsumeTag(value)
		if length < 0 {
			return nil, ErrRefused.Wrap(protowire.ParseError(length).Error())
		}
		value = value[length:]
		if kind != protowire.BytesType || !slices.Contains(numbers, number) {
			return nil, ErrRefused.Wrapf("field %d of type %d is unknown", number, kind)
		}
		content, length := protowire.ConsumeBytes(value)
		if length < 0 {
			return nil, ErrRefused.Wrap(protowire.ParseError(length).Error())
		}
		fields[number] = content
		value = value[length:]
	}
	return fields, nil
}
