//! A linear-chain conditional random field (Lafferty, McCallum, Pereira 2001) over tags of tokens: `O`, and `B-` and `I-` of each
//! class. It is learned by stochastic gradient steps with a step that falls to 0 (Bottou 2010).
//!
//! Tags that the scheme forbids next to each other (`I-X` behind anything but `B-X` or `I-X`) have no probability, neither
//! while it is learned nor later. Probabilities are scaled at each token, so that long texts lose nothing.
use super::shuffled;

/// Tags of so many classes: `O` is 0, `B-` of class k is 1 + 2k, `I-` is 2 + 2k.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tagging {
    pub classes: usize,
}

impl Tagging {
    pub fn tags(self) -> usize {
        1 + 2 * self.classes
    }

    /// Whether a tag may follow another, or begin a text.
    pub fn allows(self, before: Option<usize>, tag: usize) -> bool {
        let inside = tag > 0 && tag.is_multiple_of(2);
        !inside || before.is_some_and(|b| b == tag || b + 1 == tag)
    }

    /// The class of a tag, and whether it opens a span.
    pub fn class(self, tag: usize) -> Option<(usize, bool)> {
        (tag > 0 && tag < self.tags()).then(|| ((tag - 1) / 2, !tag.is_multiple_of(2)))
    }

    /// The spans of a row of tags: (class, first token, last token exclusive). An `I-` that nothing opens opens one itself.
    pub fn spans(self, tags: &[usize]) -> Vec<(usize, usize, usize)> {
        let mut out: Vec<(usize, usize, usize)> = Vec::new();
        for (at, tag) in tags.iter().enumerate() {
            let Some((class, opens)) = self.class(*tag) else { continue };
            match out.last_mut() {
                Some((own, _, end)) if !opens && *own == class && *end == at => *end = at + 1,
                _ => out.push((class, at, at + 1)),
            }
        }
        out
    }
}

/// A text: the features of its tokens, one after another, and where those of each token end.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    features: Vec<u32>,
    ends: Vec<u32>,
}

impl Chain {
    pub fn push(&mut self, features: impl IntoIterator<Item = u32>) {
        self.features.extend(features);
        self.ends.push(self.features.len() as u32);
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn tokens(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(from, to)| &self.features[from as usize..*to as usize])
    }
}

/// How a chain is learned.
#[derive(Clone, Copy, Debug)]
pub struct Learning {
    pub rounds: u64,
    /// The first step; it falls linearly to 0.
    pub step: f64,
    /// The weight of the squared norm in the objective, which sums over texts.
    pub c2: f64,
}

impl Learning {
    /// How it is learned of so many texts: few of them are gone through more often.
    pub fn of(texts: usize) -> Learning {
        Learning { rounds: (32_000 / texts.max(1) as u64).clamp(8, 24), step: 0.05, c2: 0.1 }
    }
}

/// What was learned.
pub struct Learned {
    tagging: Tagging,
    /// Where the pairs of each feature begin; a feature has those tags that it was met with.
    starts: Vec<u32>,
    tags: Vec<u16>,
    /// Of each pair, without the scale.
    weights: Vec<f64>,
    /// From tag to tag, without the scale.
    transitions: Vec<f64>,
    scale: f64,
}

/// What is known of a text while its probabilities are found: rows of tags, token after token.
#[derive(Default)]
pub(super) struct Room {
    states: Vec<f64>,
    moves: Vec<f64>,
    forward: Vec<f64>,
    backward: Vec<f64>,
    scales: Vec<f64>,
    marginals: Vec<f64>,
    /// Expected moves from tag to tag.
    moved: Vec<f64>,
}

/// The scale below which weights are written anew.
const SCALE_MIN: f64 = 1e-6;

impl Learned {
    /// Learns of texts, their tags and keys that order them; `features` is how many different ones there are. `go_on` is asked
    /// before each round.
    pub fn of(
        tagging: Tagging,
        features: usize,
        texts: &[(&Chain, &[u16], u64)],
        how: Learning,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Learned> {
        let mut learned = Learned::nothing(tagging, features, texts);
        let keys: Vec<u64> = texts.iter().map(|t| t.2).collect();
        let steps = how.rounds * texts.len() as u64;
        let decay = 2.0 * how.c2 / texts.len().max(1) as f64;
        let mut room = Room::default();
        let mut done = 0u64;
        for round in 0..how.rounds {
            if !go_on() {
                return None;
            }
            for at in shuffled(&keys, round) {
                let step = how.step * (1.0 - done as f64 / steps as f64);
                done += 1;
                if let Some((chain, tags, _)) = texts.get(at as usize).filter(|t| !t.0.is_empty()) {
                    learned.scale *= 1.0 - step * decay;
                    learned.learn(chain, tags, step, &mut room);
                }
                if learned.scale < SCALE_MIN {
                    learned.settle();
                }
            }
        }
        learned.settle();
        Some(learned)
    }

    /// No weights yet, for the pairs of features and tags that stand in the texts.
    fn nothing(tagging: Tagging, features: usize, texts: &[(&Chain, &[u16], u64)]) -> Learned {
        let mut pairs: Vec<u64> = Vec::new();
        let mut sorted = 0;
        for (chain, tags, _) in texts {
            for (own, tag) in chain.tokens().zip(*tags) {
                pairs.extend(own.iter().map(|f| u64::from(*f) << 16 | u64::from(*tag)));
            }
            if pairs.len() > 2 * sorted + (1 << 20) {
                pairs.sort_unstable();
                pairs.dedup();
                sorted = pairs.len();
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0u32; features + 1];
        pairs.iter().for_each(|p| starts[(p >> 16) as usize + 1] += 1);
        (0..features).for_each(|f| starts[f + 1] += starts[f]);
        let tags: Vec<u16> = pairs.iter().map(|p| (p & 0xFFFF) as u16).collect();
        let weights = vec![0.0; tags.len()];
        let transitions = vec![0.0; tagging.tags() * tagging.tags()];
        Learned { tagging, starts, tags, weights, transitions, scale: 1.0 }
    }

    /// The pairs of a feature.
    fn pairs(&self, feature: u32) -> std::ops::Range<usize> {
        let at = |f: usize| self.starts.get(f).copied().unwrap_or(0) as usize;
        if feature as usize + 1 >= self.starts.len() { 0..0 } else { at(feature as usize)..at(feature as usize + 1) }
    }

    /// Takes the scale into the weights.
    fn settle(&mut self) {
        let scale = self.scale;
        self.weights.iter_mut().chain(&mut self.transitions).for_each(|w| *w *= scale);
        self.scale = 1.0;
    }

    /// One step towards the tags of a text.
    pub(super) fn learn(&mut self, chain: &Chain, tags: &[u16], step: f64, room: &mut Room) {
        self.fill(chain, room);
        self.count(chain.len(), room);
        let n = self.tagging.tags();
        let by = step / self.scale;
        for ((own, tag), likely) in chain.tokens().zip(tags).zip(room.marginals.chunks_exact(n)) {
            for feature in own {
                let range = self.pairs(*feature);
                for (of, weight) in self.tags[range.clone()].iter().zip(&mut self.weights[range]) {
                    *weight += by * (f64::from(u8::from(of == tag)) - likely[*of as usize]);
                }
            }
        }
        self.transitions.iter_mut().zip(&room.moved).for_each(|(w, expected)| *w -= by * expected);
        for (before, tag) in tags.iter().zip(tags.iter().skip(1)) {
            self.transitions[*before as usize * n + *tag as usize] += by;
        }
    }

    /// Finds forward and backward sums and the probability of each tag at each token.
    fn fill(&self, chain: &Chain, room: &mut Room) {
        let (n, length) = (self.tagging.tags(), chain.len());
        self.states(chain, room);
        room.moves.clear();
        for before in 0..n {
            for tag in 0..n {
                let allowed = self.tagging.allows(Some(before), tag);
                let weight = self.transitions[before * n + tag] * self.scale;
                room.moves.push(if allowed { libm::exp(weight) } else { 0.0 });
            }
        }
        let Room { states, moves, forward, backward, scales, marginals, .. } = room;
        forward.clear();
        forward.resize(n * length, 0.0);
        scales.clear();
        for t in 0..length {
            let (done, rest) = forward.split_at_mut(t * n);
            let (own, state) = (&mut rest[..n], &states[t * n..(t + 1) * n]);
            match t.checked_sub(1) {
                None => (0..n).filter(|k| self.tagging.allows(None, *k)).for_each(|k| own[k] = 1.0),
                Some(t) => {
                    for (before, from) in done[t * n..].iter().zip(moves.chunks_exact(n)) {
                        own.iter_mut().zip(from).for_each(|(sum, by)| *sum += before * by);
                    }
                }
            }
            own.iter_mut().zip(state).for_each(|(sum, by)| *sum *= by);
            let scale = 1.0 / own.iter().sum::<f64>();
            own.iter_mut().for_each(|sum| *sum *= scale);
            scales.push(scale);
        }
        backward.clear();
        backward.resize(n * length, 1.0);
        for t in (0..length.saturating_sub(1)).rev() {
            let (first, behind) = backward.split_at_mut((t + 1) * n);
            let state = &states[(t + 1) * n..(t + 2) * n];
            for (own, from) in first[t * n..].iter_mut().zip(moves.chunks_exact(n)) {
                let mut sum = 0.0;
                for k in 0..n {
                    sum += from[k] * state[k] * behind[k];
                }
                *own = sum * scales[t + 1];
            }
        }
        marginals.clear();
        for t in 0..length {
            let row = t * n..(t + 1) * n;
            let both = forward[row.clone()].iter().zip(&backward[row]).map(|(a, b)| a * b);
            let sum: f64 = both.clone().sum();
            marginals.extend(both.map(|x| x / sum));
        }
    }

    /// The exponentials of the weights of each tag at each token, the greatest of a token being 1.
    fn states(&self, chain: &Chain, room: &mut Room) {
        let n = self.tagging.tags();
        room.states.clear();
        room.states.resize(n * chain.len(), 0.0);
        for (own, state) in chain.tokens().zip(room.states.chunks_exact_mut(n)) {
            for feature in own {
                let range = self.pairs(*feature);
                for (tag, weight) in self.tags[range.clone()].iter().zip(&self.weights[range]) {
                    state[*tag as usize] += weight;
                }
            }
            let most = state.iter().copied().fold(f64::MIN, f64::max);
            state.iter_mut().for_each(|s| *s = libm::exp((*s - most) * self.scale));
        }
    }

    /// Sums the expected moves from tag to tag.
    fn count(&self, length: usize, room: &mut Room) {
        let n = self.tagging.tags();
        room.moved.clear();
        room.moved.resize(n * n, 0.0);
        for t in 1..length {
            let (state, behind) = (&room.states[t * n..(t + 1) * n], &room.backward[t * n..(t + 1) * n]);
            let scale = room.scales[t];
            let before = &room.forward[(t - 1) * n..t * n];
            for (from, (by, sums)) in before.iter().zip(room.moves.chunks_exact(n).zip(room.moved.chunks_exact_mut(n)))
            {
                let from = from * scale;
                for k in 0..n {
                    sums[k] += from * by[k] * state[k] * behind[k];
                }
            }
        }
    }

    /// The probability of each tag at each token, token after token.
    pub fn marginals(&self, chain: &Chain) -> Vec<f64> {
        let mut room = Room::default();
        if !chain.is_empty() {
            self.fill(chain, &mut room);
        }
        room.marginals
    }
}

/// The likeliest tags of each token that the scheme allows next to each other, by the probabilities of all tags: the row
/// with the greatest product. Of equal ones the first tag.
pub fn decode(tagging: Tagging, probabilities: &[f64]) -> Vec<usize> {
    let n = tagging.tags();
    let log = |p: &f64| libm::log(p.max(1e-9));
    let mut best: Vec<f64> = Vec::new();
    let mut from: Vec<usize> = Vec::new();
    for (t, row) in probabilities.chunks_exact(n).enumerate() {
        let mut next = vec![f64::NEG_INFINITY; n];
        for (tag, p) in row.iter().enumerate() {
            let mut chosen = (0, f64::NEG_INFINITY);
            if t == 0 {
                chosen.1 = if tagging.allows(None, tag) { 0.0 } else { f64::NEG_INFINITY };
            } else {
                for (before, sum) in best.iter().enumerate().filter(|(b, _)| tagging.allows(Some(*b), tag)) {
                    if *sum > chosen.1 {
                        chosen = (before, *sum);
                    }
                }
            }
            next[tag] = chosen.1 + log(p);
            from.push(chosen.0);
        }
        best = next;
    }
    let mut tag = super::super::confident::likeliest(&best).unwrap_or(0);
    let mut out = Vec::new();
    for row in from.chunks_exact(n).rev() {
        out.push(tag);
        tag = row[tag];
    }
    out.reverse();
    out
}

#[cfg(test)]
impl Learned {
    /// A chain in which each token has one feature, and its weights.
    pub(super) fn by_hand(tagging: Tagging, state: &[Vec<f64>], moves: &[Vec<f64>]) -> (Chain, Learned) {
        let n = tagging.tags();
        let mut chain = Chain::default();
        (0..state.len() as u32).for_each(|t| chain.push([t]));
        let starts = (0..=state.len()).map(|t| (t * n) as u32).collect();
        let tags = state.iter().flat_map(|_| 0..n as u16).collect();
        let (weights, transitions) = (state.concat(), moves.concat());
        (chain, Learned { tagging, starts, tags, weights, transitions, scale: 1.0 })
    }

    pub(super) fn transitions(&self) -> &[f64] {
        &self.transitions
    }
}
