//! Transactions that are refused, fail, are lost, or come too late.

use wicker_localnet::{error::Error, proxy::Fault};

use crate::scene::{fees, settled, state, states, until, Scene, PRICE};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn kpr_2_a_sequence_that_another_program_used_costs_nothing_and_is_read_anew(
) -> Result<(), Error> {
    let scene = Scene::with("user04").await?;
    let mut keeper = scene.keeper(PRICE).await.unwrap();
    scene.proxy.set(Fault::Holds);
    let meanwhile = async {
        until("a transaction", || scene.proxy.held() == 1).await;
        scene.sign_something_else().await.unwrap();
        let before = scene.account().await;
        scene.proxy.release(true);
        before
    };
    let (round, before) = tokio::join!(settled(&mut keeper), meanwhile);
    let why = round.unwrap().held_back.unwrap();
    assert!(why.contains("account sequence mismatch"), "{why}");
    assert_eq!(scene.account().await, before);
    assert_eq!(states(&keeper), [state("void", 1)]);
    assert_eq!(fees(&scene, &keeper).await, 0);
    assert!(settled(&mut keeper).await.unwrap().sent.is_some());
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1), state("void", 1)]);
    let after = scene.account().await;
    assert_eq!(after.sequence, before.sequence + 1);
    assert_eq!(before.stake - after.stake, fees(&scene, &keeper).await);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn kpr_2_out_of_gas_costs_its_fee_once_and_the_next_attempt_pays_more() -> Result<(), Error> {
    let scene = Scene::with("user05").await?;
    let mut keeper = scene.keeper(PRICE).await.unwrap();
    let before = scene.account().await;
    // Enough to get into a block, and not to do anything there.
    scene.proxy.set(Fault::Simulates(150_000));
    assert!(settled(&mut keeper).await.unwrap().sent.is_some());
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("failed", 1)]);
    let failed = scene.account().await;
    // 150,000 · 1.3 · 0.025
    assert_eq!(before.stake - failed.stake, 4_875);
    assert_eq!(fees(&scene, &keeper).await, 4_875);
    assert_eq!(failed.money, before.money);
    // As much gas as any liquidation of one position needs: 1,000,000 · 1.3 · 0.025 · 1.5
    scene.proxy.set(Fault::Simulates(1_000_000));
    assert!(settled(&mut keeper).await.unwrap().sent.is_some());
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1), state("failed", 1)]);
    let done = scene.account().await;
    assert_eq!(failed.stake - done.stake, 48_750);
    assert_eq!(fees(&scene, &keeper).await, 4_875 + 48_750);
    assert_eq!(done.sequence, before.sequence + 2);
    assert!(done.money < before.money);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn kpr_2_fees_that_are_too_low_climb_the_ladder_and_a_hundredfold_rise_ends_in_a_rest(
) -> Result<(), Error> {
    let scene = Scene::with("user06").await?;
    let before = scene.account().await;
    // A hundredth of what the chain takes: no step of the ladder is enough.
    let mut keeper = scene.keeper("0.00025stake").await.unwrap();
    for _ in 0..3 {
        let why = settled(&mut keeper).await.unwrap().held_back.unwrap();
        assert!(why.contains("insufficient fee"), "{why}");
    }
    let rests = settled(&mut keeper).await.unwrap().held_back.unwrap();
    assert_eq!(rests, "resting after 3 failures in a row");
    assert_eq!(states(&keeper), [state("void", 3)]);
    assert_eq!(scene.account().await, before);
    drop(keeper);
    // 0.01, 0.015 and 0.03, of which the last is enough. The journal is new.
    std::fs::remove_file(scene.config().journal).unwrap();
    let mut keeper = scene.keeper("0.01stake").await.unwrap();
    for _ in 0..2 {
        let why = settled(&mut keeper).await.unwrap().held_back.unwrap();
        assert!(why.contains("insufficient fee"), "{why}");
    }
    assert!(settled(&mut keeper).await.unwrap().sent.is_some());
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1), state("void", 2)]);
    let after = scene.account().await;
    assert_eq!(after.sequence, before.sequence + 1);
    assert_eq!(before.stake - after.stake, fees(&scene, &keeper).await);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn kpr_2_full_mempools_and_lost_answers_repeat_nothing_and_spend_nothing_twice(
) -> Result<(), Error> {
    let scene = Scene::with("user07").await?;
    let mut keeper = scene.keeper(PRICE).await.unwrap();
    let before = scene.account().await;
    scene.proxy.set(Fault::Full);
    let why = settled(&mut keeper).await.unwrap().held_back.unwrap();
    assert!(why.contains("mempool is full"), "{why}");
    // Nobody has it, so that nothing has to be waited for.
    assert_eq!(states(&keeper), [state("void", 1)]);
    // It is passed on and the answer is lost: it is found, not sent again.
    scene.proxy.set(Fault::Mute);
    let mute = settled(&mut keeper).await.unwrap();
    assert!(mute.sent.is_none() && mute.held_back.is_some(), "{mute:?}");
    assert_eq!(states(&keeper)[0], state("signed", 1));
    scene.proxy.set(Fault::None);
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1), state("void", 1)]);
    // It is taken and lost: nothing else is sent until no block can take it.
    scene.proxy.set(Fault::Swallows);
    assert!(settled(&mut keeper).await.unwrap().sent.is_some());
    let waits = settled(&mut keeper).await.unwrap().held_back.unwrap();
    assert_eq!(waits, "a transaction is not confirmed yet");
    scene.proxy.set(Fault::None);
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1), state("void", 2)]);
    assert!(settled(&mut keeper).await.unwrap().sent.is_some());
    keeper.finish().await.unwrap();
    let after = scene.account().await;
    assert_eq!(states(&keeper), [state("confirmed", 2), state("void", 2)]);
    assert_eq!(scene.proxy.count("broadcast_tx_sync"), 4);
    assert_eq!(after.sequence, before.sequence + 2);
    assert_eq!(before.stake - after.stake, fees(&scene, &keeper).await);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a chain and both contracts: cargo xtask e2e"]
async fn kpr_4_a_position_that_its_owner_repairs_before_the_block_costs_the_fee_alone(
) -> Result<(), Error> {
    let scene = Scene::with("user08").await?;
    let mut keeper = scene.keeper(PRICE).await.unwrap();
    let before = scene.account().await;
    let victim = keeper.round(true).await.unwrap().planned[0];
    scene.proxy.set(Fault::Holds);
    let meanwhile = async {
        until("a transaction", || scene.proxy.held() == 1).await;
        scene.repay(victim).await.unwrap();
        scene.proxy.release(true);
    };
    let (round, ()) = tokio::join!(settled(&mut keeper), meanwhile);
    let round = round.unwrap();
    assert_eq!(round.planned, [victim]);
    assert!(round.sent.is_some(), "{round:?}");
    keeper.finish().await.unwrap();
    assert_eq!(states(&keeper), [state("confirmed", 1)]);
    let results = keeper.journal().results().unwrap();
    let [(position, false, why)] = &results[..] else {
        panic!("{results:?}");
    };
    assert_eq!(*position, victim);
    assert!(!why.is_empty());
    let after = scene.account().await;
    assert_eq!(after.money, before.money);
    let now = scene.net.time().await?;
    assert_eq!(keeper.journal().spent(now).unwrap().loss, 0);
    assert_eq!(before.stake - after.stake, fees(&scene, &keeper).await);
    // The next one is another's.
    let next = settled(&mut keeper).await.unwrap();
    assert!(!next.planned.contains(&victim) && next.sent.is_some());
    keeper.finish().await.unwrap();
    assert!(scene.account().await.money < after.money);
    Ok(())
}
