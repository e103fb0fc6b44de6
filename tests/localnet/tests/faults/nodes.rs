//! Nodes that are slow, wrong, behind or gone.

use std::sync::Mutex;
use std::time::Duration;

use cosmwasm_std::Decimal256;
use tokio::sync::oneshot;
use wicker_client::ClientError;
use wicker_keeper::{Config, KeeperError};
use wicker_lab::{error::LabError, watch::position_key};
use wicker_localnet::{
    error::Error,
    proxy::{Fault, Proxy},
};

use crate::scene::{settled, state, states, until, Scene, PRICE};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn kpr_1_through_a_node_that_is_wrong_behind_or_half_the_keeper_does_nothing_and_says_why(
) -> Result<(), Error> {
    let scene = Scene::with("user01").await?;
    let mut keeper = scene.keeper(PRICE).await.unwrap();
    let before = scene.account().await;
    let dry = keeper.round(true).await.unwrap();
    let [victim] = dry.planned[..] else {
        panic!("{dry:?}");
    };
    let slow = Fault::Slow(Duration::from_secs(3));
    for (fault, why) in [
        (slow, "no answer in time"),
        (Fault::Drops, "no endpoint could be used"),
        (Fault::Torn, "not an answer of a node"),
        (Fault::Page(200), "not an answer of a node"),
        (Fault::Page(429), "status 429"),
        (Fault::Page(502), "status 502"),
        (Fault::Chain("other-1".into()), "it is of chain other-1"),
        (Fault::CatchesUp, "still catching up"),
        (Fault::HalfPages, "reading the records: "),
        (Fault::Without(position_key(victim)), "do not add up"),
        (Fault::Lags(50), "others at"),
    ] {
        if matches!(fault, Fault::HalfPages | Fault::Without(_)) {
            // Pages are read at the start alone.
            scene.proxy.set(Fault::None);
            drop(keeper);
            keeper = scene.keeper(PRICE).await.unwrap();
        }
        scene.proxy.set(fault.clone());
        match settled(&mut keeper).await {
            Ok(round) => panic!("{fault:?}: {round:?}"),
            Err(refused) => {
                assert!(refused.to_string().contains(why), "{fault:?}: {refused}");
                assert!(is_the_error_of(&fault, &refused), "{fault:?}: {refused:?}");
            }
        }
    }
    // Older than what it has seen, though no more than an endpoint may lag.
    scene.proxy.set(Fault::None);
    let height = keeper.round(true).await.unwrap().height;
    scene.proxy.set(Fault::Stands(height - 2));
    let behind = settled(&mut keeper).await.unwrap_err().to_string();
    assert!(behind.contains("was seen before"), "{behind}");
    let height = scene.net.chain.block().await.unwrap().height;
    scene.proxy.set(Fault::Stands(height));
    let mut last = String::new();
    while !last.contains("no new block in") {
        // A position may be due as of the block at which the node stands: before it is known to stand it is taken at its word.
        match keeper.round(true).await {
            Ok(round) => assert_eq!(round.height, height - 1),
            Err(why) => last = why.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let stands = settled(&mut keeper).await.unwrap_err().to_string();
    assert!(stands.contains("no new block in"), "{stands}");
    assert_eq!(
        (scene.proxy.count("broadcast_tx_sync"), states(&keeper)),
        (0, vec![])
    );
    assert_eq!(scene.account().await, before);
    // As soon as the node is well the keeper acts.
    scene.proxy.set(Fault::None);
    assert!(settled(&mut keeper).await.unwrap().sent.is_some());
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1)]);
    assert_eq!(scene.account().await.sequence, before.sequence + 1);
    Ok(())
}

/// Records that are cut off cannot be read; records that are read and do not add up are not believed; everything else is the client's.
fn is_the_error_of(fault: &Fault, error: &KeeperError) -> bool {
    match fault {
        Fault::HalfPages => matches!(error, KeeperError::Lab(LabError::Refused { .. })),
        Fault::Without(_) => matches!(error, KeeperError::Partial { .. }),
        _ => matches!(error, KeeperError::Client(ClientError::Unreachable(_))),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn kpr_1_a_keeper_of_a_wrong_or_lost_node_does_not_start() -> Result<(), Error> {
    let scene = Scene::with("user02").await?;
    for (fault, why) in [
        (Fault::Chain("other-1".into()), "it is of chain other-1"),
        (Fault::CatchesUp, "still catching up"),
        (Fault::Page(502), "status 502"),
        (Fault::Drops, "no endpoint could be used"),
    ] {
        scene.proxy.set(fault);
        let refused = scene.keeper(PRICE).await.err().unwrap().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn kpr_1_lost_websockets_and_nodes_that_come_and_go_do_not_stop_the_loop() -> Result<(), Error>
{
    let scene = Scene::with("user03").await?;
    let other = Proxy::before(&scene.net.chain.config().endpoints[0])?;
    let config = Config {
        // A liquidation is reckoned with a tenth: after one fee there is too little left for another.
        daily_gas: Decimal256::permille(101),
        ..scene.config()
    };
    let through = [&scene.proxy, &other];
    let keeper = scene.keeper_through(&through, PRICE, config).await;
    let mut keeper = keeper.unwrap();
    let before = scene.account().await;
    let heights = Mutex::new(Vec::<u64>::new());
    let note = |line: serde_json::Value| {
        let height = line.pointer("/round/height").and_then(|it| it.as_u64());
        heights.lock().unwrap().extend(height.filter(|it| *it > 0));
    };
    let more = async |what: &str| {
        let seen = heights.lock().unwrap().len();
        until(what, || heights.lock().unwrap().len() >= seen + 3).await;
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let story = async {
        more("both are well").await;
        until("a websocket", || scene.proxy.hang_up() > 0).await;
        more("the websocket is lost").await;
        scene.proxy.set(Fault::Drops);
        more("the first node is gone").await;
        until("another websocket", || {
            scene.proxy.hang_up() + other.hang_up() > 0
        })
        .await;
        scene.proxy.set(Fault::Chain("other-1".into()));
        more("the first node is another chain's").await;
        scene.proxy.set(Fault::None);
        other.set(Fault::Torn);
        more("the second node is broken").await;
        stop.send(()).unwrap();
    };
    let stopping = async {
        let _ = stopped.await;
    };
    let (watched, ()) = tokio::join!(keeper.watch(stopping, note), story);
    watched.unwrap();
    let heights = heights.into_inner().unwrap();
    assert!(heights.is_sorted(), "{heights:?}");
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1)]);
    assert_eq!(scene.account().await.sequence, before.sequence + 1);
    Ok(())
}
