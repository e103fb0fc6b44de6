//! Keepers that are killed at the worst moment, and a second one beside the first.

use wicker_keeper::KeeperError;
use wicker_localnet::{error::Error, proxy::Fault};

use crate::scene::{fees, settled, state, states, until, Scene, PRICE};

/// A round whose program ends when its transaction is signed, written down and on the way. True when the node gets it after all.
async fn killed(scene: &Scene, passed_on: bool) {
    let mut first = scene.keeper(PRICE).await.unwrap();
    scene.proxy.set(Fault::Holds);
    tokio::select! {
        round = settled(&mut first) => panic!("{round:?}"),
        () = until("a transaction", || scene.proxy.held() == 1) => {}
    }
    // While the first one lives there is no second one.
    let second = scene.keeper(PRICE).await;
    assert!(matches!(second, Err(KeeperError::Locked(_))));
    drop(first);
    scene.proxy.release(passed_on);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn kpr_5_a_keeper_killed_between_signing_and_sending_waits_until_no_block_can_take_it(
) -> Result<(), Error> {
    let scene = Scene::with("user09").await?;
    let before = scene.account().await;
    killed(&scene, false).await;
    let mut keeper = scene.keeper(PRICE).await.unwrap();
    let waits = settled(&mut keeper).await.unwrap().held_back.unwrap();
    assert_eq!(waits, "a transaction is not confirmed yet");
    assert_eq!(states(&keeper), [state("signed", 1)]);
    // It counts until it is known to be void.
    assert!(fees(&scene, &keeper).await > 0);
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("void", 1)]);
    assert_eq!(fees(&scene, &keeper).await, 0);
    assert_eq!(scene.account().await, before);
    assert!(settled(&mut keeper).await.unwrap().sent.is_some());
    keeper.finish().await.unwrap();
    drop(keeper);
    // The same, and the node has it: it is found and not sent again.
    let between = scene.account().await;
    killed(&scene, true).await;
    let mut keeper = scene.keeper(PRICE).await.unwrap();
    let broadcasts = scene.proxy.count("broadcast_tx_sync");
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 2), state("void", 1)]);
    assert_eq!(scene.proxy.count("broadcast_tx_sync"), broadcasts);
    let after = scene.account().await;
    assert_eq!(between.sequence, before.sequence + 1);
    assert_eq!(after.sequence, between.sequence + 1);
    assert_eq!(before.stake - after.stake, fees(&scene, &keeper).await);
    Ok(())
}
