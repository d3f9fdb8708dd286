//! Several boxes around one thing made one: weighted box fusion (Solovyev, Wang and Gabruseva 2021).
use super::shapes::Area;
use crate::model::boxes::Box2;

/// A fused box, how sure it is, and who gave the boxes that it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    pub of: Box2,
    pub score: f64,
    /// The place of each in what was given; one may be there several times.
    pub by: Vec<usize>,
}

/// Boxes that overlap by more than this share of their union are of one thing.
pub const OVERLAP: f64 = 0.55;

struct Cluster {
    fused: Fused,
    /// The sum of scores, and of coordinates times scores.
    weight: f64,
    sums: [f64; 4],
}

/// Fuses the boxes of several annotators, class by class. `boxes` are (who, box, score); the highest scores come first, and of
/// equal ones the first given. The score of a fused box is the mean of its scores, times the share of annotators who gave one.
pub fn fuse(boxes: &[(usize, Box2, f64)], annotators: usize) -> Vec<Fused> {
    let mut order: Vec<&(usize, Box2, f64)> = boxes.iter().collect();
    order.sort_by(|a, b| b.2.total_cmp(&a.2));
    let mut clusters: Vec<Cluster> = Vec::new();
    for (who, own, score) in order {
        let near = |c: &Cluster| if c.fused.of.class == own.class { c.fused.of.iou(own) } else { 0.0 };
        let mut best: Option<(usize, f64)> = None;
        for (i, iou) in clusters.iter().map(near).enumerate() {
            if iou > best.map_or(OVERLAP, |b| b.1) {
                best = Some((i, iou));
            }
        }
        let joined = best.and_then(|(i, _)| clusters.get_mut(i));
        match joined {
            Some(cluster) => cluster.join(*who, own, *score),
            None => clusters.push(Cluster::of(*who, own, *score)),
        }
    }
    join_clusters(&mut clusters);
    let done = |c: Cluster| {
        let n = c.fused.by.len() as f64;
        let share = n.min(annotators as f64) / annotators.max(1) as f64;
        Fused { score: c.weight / n * share, ..c.fused }
    };
    let mut out: Vec<Fused> = clusters.into_iter().map(done).collect();
    out.sort_by(|a, b| b.score.total_cmp(&a.score));
    out
}

/// Joins clusters that turn out to be of one thing once they are fused: the order in which boxes come may have begun two, of
/// different annotators, around what all of them marked. The authors' program leaves them apart.
fn join_clusters(clusters: &mut Vec<Cluster>) {
    loop {
        let mut best: Option<(usize, usize, f64)> = None;
        for (i, a) in clusters.iter().enumerate() {
            for (j, b) in clusters.iter().enumerate().skip(i + 1) {
                let apart =
                    a.fused.of.class != b.fused.of.class || a.fused.by.iter().any(|who| b.fused.by.contains(who));
                let iou = if apart { 0.0 } else { a.fused.of.iou(&b.fused.of) };
                if iou > best.map_or(OVERLAP, |b| b.2) {
                    best = Some((i, j, iou));
                }
            }
        }
        let Some((i, j, _)) = best else { return };
        let later = clusters.remove(j);
        if let Some(earlier) = clusters.get_mut(i) {
            earlier.take(later);
        }
    }
}

impl Cluster {
    /// Takes all that another cluster is made of.
    fn take(&mut self, other: Cluster) {
        self.weight += other.weight;
        self.sums.iter_mut().zip(other.sums).for_each(|(own, more)| *own += more);
        self.fused.by.extend(other.fused.by);
        self.average(&other.fused.of);
    }

    fn of(who: usize, own: &Box2, score: f64) -> Cluster {
        let fused = Fused { of: Box2 { flags: Vec::new(), ..own.clone() }, score, by: Vec::new() };
        let mut cluster = Cluster { fused, weight: 0.0, sums: [0.0; 4] };
        cluster.join(who, own, score);
        cluster
    }

    fn join(&mut self, who: usize, own: &Box2, score: f64) {
        self.weight += score;
        for (sum, at) in self.sums.iter_mut().zip([own.x1, own.y1, own.x2, own.y2]) {
            *sum += at * score;
        }
        self.fused.by.push(who);
        self.average(own);
    }

    /// The mean of the boxes so far, with the flags of one more.
    fn average(&mut self, own: &Box2) {
        let [x1, y1, x2, y2] = self.sums.map(|sum| if self.weight > 0.0 { sum / self.weight } else { 0.0 });
        // a flag counts if anybody sets it: what one saw is hidden was hard to see for all
        let mut flags = std::mem::take(&mut self.fused.of.flags);
        flags.extend(own.flags.iter().cloned());
        flags.sort();
        flags.dedup();
        self.fused.of = Box2 { class: own.class.clone(), x1, y1, x2, y2, flags };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ensemble-boxes 1.0.9, which counts in numbers of 32 bits: three models, threshold 0.55.
    #[test]
    fn boxes_are_fused_as_by_the_authors_program() {
        let shape = |class: &str, at: [f64; 4]| {
            let [x1, y1, x2, y2] = at;
            Box2 { class: class.into(), x1, y1, x2, y2, flags: Vec::new() }
        };
        let given = [
            (0, shape("0", [0.1, 0.1, 0.5, 0.5]), 0.9),
            (0, shape("1", [0.6, 0.6, 0.9, 0.9]), 0.6),
            (1, shape("0", [0.12, 0.1, 0.52, 0.5]), 0.8),
            (2, shape("0", [0.1, 0.12, 0.5, 0.52]), 0.7),
            (2, shape("1", [0.2, 0.7, 0.3, 0.8]), 0.3),
        ];
        let fused = fuse(&given, 3);
        let want = [
            ([0.1066666692495346, 0.10583333671092987, 0.5066666603088379, 0.5058333277702332], 0.8),
            ([0.6, 0.6, 0.9, 0.9], 0.2),
            ([0.2, 0.7, 0.3, 0.8], 0.1),
        ];
        assert_eq!(fused.len(), 3);
        for (got, (at, score)) in fused.iter().zip(want) {
            let own = [got.of.x1, got.of.y1, got.of.x2, got.of.y2];
            assert!(
                own.iter().zip(at).all(|(a, b)| (a - b).abs() < 1e-6) && (got.score - score).abs() < 1e-6,
                "{got:?}"
            );
        }
        assert_eq!(fused[0].by, [0, 1, 2]);
        assert!(fuse(&[], 3).is_empty());
    }

    /// Two annotators each began a cluster of their own; the fused boxes of both have more than 0.55 in common.
    #[test]
    fn clusters_of_one_thing_are_joined() {
        let shape = |x: f64| Box2 { class: "a".into(), x1: x, y1: 0.0, x2: x + 10.0, y2: 10.0, flags: Vec::new() };
        let given = [(0, shape(0.0), 1.0), (1, shape(3.5), 1.0), (2, shape(0.6), 1.0), (3, shape(2.9), 1.0)];
        let fused = fuse(&given, 5);
        assert_eq!((fused.len(), fused[0].by.len()), (1, 4), "{fused:?}");
        let twice = [(0, shape(0.0), 1.0), (0, shape(2.0), 1.0), (1, shape(40.0), 1.0)];
        assert_eq!(fuse(&twice, 2).iter().map(|f| f.by.len()).collect::<Vec<_>>(), [2, 1]);
    }
}
