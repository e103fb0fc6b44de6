//! Average-linkage clustering of correlations, cut at a distance and never larger than a basket.

use kodama::{linkage, Method};

/// The distance of two assets: nothing when they move as one, one when they move against each other.
pub fn distance(rho: f64) -> f64 {
    ((1.0 - rho.clamp(-1.0, 1.0)) / 2.0).sqrt()
}

/// The correlation at a distance.
pub fn correlation(distance: f64) -> f64 {
    1.0 - 2.0 * distance * distance
}

/// Groups of `0..count`: clusters are joined by their mean distance, nearest first, while it is at most `cut` and the whole is at most
/// `most`. A cluster that would be too large leaves both its halves as they are.
pub fn clusters(
    count: usize,
    distance: &dyn Fn(usize, usize) -> f64,
    (cut, most): (f64, usize),
) -> Vec<Vec<usize>> {
    let pairs = (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j)));
    let mut condensed: Vec<f64> = pairs.map(|(i, j)| distance(i, j)).collect();
    let tree = linkage(&mut condensed, count, Method::Average);
    let mut nodes: Vec<Option<Vec<usize>>> = (0..count).map(|leaf| Some(vec![leaf])).collect();
    for step in tree.steps() {
        let halves = [step.cluster1, step.cluster2];
        let whole = nodes
            .iter()
            .enumerate()
            .filter(|(at, _)| halves.contains(at));
        let joined = whole.filter_map(|(_, node)| node.as_ref()).count() == 2;
        if !joined || step.dissimilarity > cut || step.size > most {
            nodes.push(None);
            continue;
        }
        let mut members: Vec<usize> = halves
            .iter()
            .filter_map(|half| nodes.get_mut(*half)?.take())
            .flatten()
            .collect();
        members.sort_unstable();
        nodes.push(Some(members));
    }
    let mut groups: Vec<Vec<usize>> = nodes.into_iter().flatten().collect();
    groups.sort_unstable();
    groups
}

#[cfg(test)]
mod tests {
    use rand::Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// The definition: join the two groups of least mean distance until it exceeds the cut.
    fn by_force(table: &[Vec<f64>], cut: f64) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = (0..table.len()).map(|leaf| vec![leaf]).collect();
        loop {
            let mut best = (f64::INFINITY, 0, 0);
            for i in 0..groups.len() {
                for j in i + 1..groups.len() {
                    let pairs = groups[i]
                        .iter()
                        .flat_map(|a| groups[j].iter().map(move |b| (a, b)));
                    let sum: f64 = pairs.map(|(a, b)| table[*a][*b]).sum();
                    let mean = sum / (groups[i].len() * groups[j].len()) as f64;
                    if mean < best.0 {
                        best = (mean, i, j);
                    }
                }
            }
            if best.0 > cut {
                groups.sort_unstable();
                return groups;
            }
            let taken = groups.remove(best.2);
            groups[best.1].extend(taken);
            groups[best.1].sort_unstable();
        }
    }

    #[test]
    fn groups_are_those_of_the_definition_on_a_thousand_drawn_tables() {
        let seed = 36;
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        for case in 0..1_000 {
            let count = dice.random_range(1..=9);
            let drawn: Vec<f64> = (0..count * count).map(|_| dice.random()).collect();
            let between = |i: usize, j: usize| drawn[i.min(j) * count + i.max(j)];
            let row = |i| (0..count).map(|j| between(i, j)).collect();
            let table: Vec<Vec<f64>> = (0..count).map(row).collect();
            let found = clusters(count, &|i, j| table[i][j], (0.36, usize::MAX));
            assert_eq!(found, by_force(&table, 0.36), "seed {seed}, case {case}");
        }
    }

    #[test]
    fn no_group_is_larger_than_a_basket_and_nothing_is_lost() {
        // Two dense halves of three near each other: together they would be six.
        let near = |i: usize, j: usize| if (i < 3) == (j < 3) { 0.1 } else { 0.2 };
        assert_eq!(clusters(6, &near, (0.36, 16)), [vec![0, 1, 2, 3, 4, 5]]);
        assert_eq!(
            clusters(6, &near, (0.36, 5)),
            [vec![0, 1, 2], vec![3, 4, 5]]
        );
        assert_eq!(clusters(0, &near, (0.36, 5)), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_correlation_of_three_quarters_is_just_within_the_cut() {
        assert!((distance(0.7408) - 0.36).abs() < 1e-12);
        assert!((correlation(0.36) - 0.7408).abs() < 1e-12);
    }
}
