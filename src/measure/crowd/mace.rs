//! MACE (Hovy et al. 2013): an annotator knows the answer, or says something of their own whatever is true. Learned by
//! variational Bayes with the priors of the paper, Beta(0.5, 0.5) of knowing and Dirichlet(10) of what is said otherwise.
//!
//! It begins where all annotators know half of the answers; that reaches what random beginnings reach.
use super::{Ballots, Items, Model, add, change};

const KNOWS: f64 = 0.5;
const SAYS: f64 = 10.0;
const CONVERGED: f64 = 1e-10;

pub fn mace(ballots: &Ballots, rounds: u32) -> Model {
    let (k, n, items) = (ballots.classes, ballots.annotators, ballots.items());
    let mut own = Own { knows: vec![0.5; n], spams: vec![0.5; n], words: vec![1.0 / k.max(1) as f64; n * k] };
    let mut model = own.model(k);
    let mut truth = model.posteriors(&items);
    while model.rounds < rounds && !model.converged {
        own = own.next(&items, &truth);
        let round = model.rounds + 1;
        model = own.model(k);
        let next = model.posteriors(&items);
        (model.rounds, model.converged) = (round, change(&truth, &next) < CONVERGED);
        truth = next;
    }
    model
}

/// What is known of the annotators.
struct Own {
    /// How likely each knows, and does not; the two need not add up to 1.
    knows: Vec<f64>,
    spams: Vec<f64>,
    /// By annotator and class: how likely it is said by one who does not know.
    words: Vec<f64>,
}

impl Own {
    fn of(values: &[f64], at: usize) -> f64 {
        values.get(at).copied().unwrap_or(0.0)
    }

    fn model(&self, k: usize) -> Model {
        let mut says = Vec::with_capacity(self.knows.len() * k * k);
        for annotator in 0..self.knows.len() {
            let (knows, spams) = (Own::of(&self.knows, annotator), Own::of(&self.spams, annotator));
            let said = |said: usize| spams * Own::of(&self.words, annotator * k + said);
            says.extend((0..k * k).map(|i| said(i / k) + if i / k == i % k { knows } else { 0.0 }));
        }
        let skill = |(knows, spams): (&f64, &f64)| if knows + spams > 0.0 { knows / (knows + spams) } else { 0.0 };
        let skills = self.knows.iter().zip(&self.spams).map(skill).collect();
        let prior = vec![1.0 / k.max(1) as f64; k];
        Model { classes: k, prior, says, skills, rounds: 0, converged: false }
    }

    /// What the truth says of the annotators.
    fn next(&self, items: &Items, truth: &[f64]) -> Own {
        let (k, n) = (items.classes, items.annotators);
        let (mut knows, mut spams, mut words) = (vec![0.0; n], vec![0.0; n], vec![0.0; n * k]);
        for ((answers, times), truth) in items.iter().zip(truth.chunks(k.max(1))) {
            for (annotator, said) in answers {
                let (annotator, said) = (*annotator as usize, *said as usize);
                let (known, word) = (Own::of(&self.knows, annotator), Own::of(&self.words, annotator * k + said));
                let all = known + Own::of(&self.spams, annotator) * word;
                let knew = if all > 0.0 { truth.get(said).copied().unwrap_or(0.0) * known / all } else { 0.0 };
                add(&mut knows, annotator, knew * times);
                add(&mut spams, annotator, (1.0 - knew) * times);
                add(&mut words, annotator * k + said, (1.0 - knew) * times);
            }
        }
        let sure = |own: &f64, other: &f64| geometric(own + KNOWS) / geometric(own + other + 2.0 * KNOWS);
        let word = |row: &[f64]| -> Vec<f64> {
            let all = geometric(row.iter().sum::<f64>() + SAYS * k as f64);
            row.iter().map(|n| geometric(n + SAYS) / all).collect()
        };
        Own {
            knows: knows.iter().zip(&spams).map(|(own, other)| sure(own, other)).collect(),
            spams: spams.iter().zip(&knows).map(|(own, other)| sure(own, other)).collect(),
            words: words.chunks(k.max(1)).flat_map(word).collect(),
        }
    }
}

/// exp(digamma(x)) for x > 0: what a count of x is worth where it is uncertain. The series of exp(digamma(x + 1/2)) for large
/// x, and digamma(x) = digamma(x + 1) - 1/x below.
fn geometric(x: f64) -> f64 {
    let (mut x, mut down) = (x, 0.0);
    while x < 8.0 {
        down += 1.0 / x;
        x += 1.0;
    }
    let y = x - 0.5;
    let (y1, y2) = (1.0 / y, 1.0 / (y * y));
    let series =
        y + y1 * (1.0 / 24.0 - y2 * (37.0 / 5760.0 - y2 * (10313.0 / 2903040.0 - y2 * 5509121.0 / 1393459200.0)));
    series * libm::exp(-down)
}

#[cfg(test)]
mod tests {
    use super::geometric;

    /// Values of scipy.special.digamma.
    #[test]
    fn the_digamma_function() {
        for (x, digamma) in [
            (0.5, -1.963_510_026_021_423_5_f64),
            (1.0, -0.577_215_664_901_532_9),
            (2.5, 0.703_156_640_645_243_2),
            (10.0, 2.251_752_589_066_721),
            (100.0, 4.600_161_852_738_087),
        ] {
            assert!((libm::log(geometric(x)) - digamma).abs() < 1e-9, "{x}");
        }
    }
}
