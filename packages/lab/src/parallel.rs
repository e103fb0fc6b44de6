//! Work on all cores whose answer is that of one.

use rayon::prelude::*;

/// Applies `work` to every item, on all cores. The answers stand in the order of the items, and of several errors it is the first in that order,
/// whichever core came first.
pub fn each<I, W, T, E>(items: I, work: W) -> Result<Vec<T>, E>
where
    I: IntoParallelIterator<Iter: IndexedParallelIterator>,
    W: Fn(I::Item) -> Result<T, E> + Sync + Send,
    T: Send,
    E: Send,
{
    let answers: Vec<Result<T, E>> = items.into_par_iter().map(work).collect();
    answers.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_the_first_in_order_and_not_in_time() {
        let met = std::sync::Barrier::new(2);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
        let late = |item: u32| {
            met.wait();
            if item == 0 {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            Err::<(), u32>(item)
        };
        let found = pool.unwrap().install(|| each(vec![0, 1], late));
        assert_eq!(found, Err(0));
        assert_eq!(each(vec![2, 1], Ok::<u32, ()>), Ok(vec![2, 1]));
    }
}
