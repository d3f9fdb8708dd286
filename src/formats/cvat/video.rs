//! The tracks of a video, seen in its frames as CVAT itself sees them: between two shapes of a track lies what is as far from each as the frame
//! is, turned by the shorter way; the last shape stays to the end of the video, unless it is out of sight. Masks stand still. What is `occluded`, and
//! attributes, are those of the shape before.
use super::shapes::{Figure, Found, Page, between};
use crate::formats::encoding::Wrong;
use crate::formats::options::Options;
use std::collections::BTreeMap;

/// Most frames of a video.
pub const FRAMES_MAX: u32 = 1 << 20;
/// Most frames in which all tracks together are seen.
const SEEN_MAX: u64 = 1 << 22;

/// A shape of a track.
pub struct Placed {
    /// Nothing where it cannot be read, or is none that is kept.
    pub found: Option<Found>,
    /// From here on it is out of sight.
    pub outside: bool,
}

/// A track of a video: its class and group, and its shapes by frame.
pub struct Track {
    pub class: String,
    pub group: Option<i64>,
    /// Its number, as a flag of each of its shapes where ids are kept.
    pub id: Option<String>,
    pub shapes: BTreeMap<u32, Placed>,
}

/// What a file says of its video.
#[derive(Default)]
pub struct Video {
    /// How many frames there are.
    pub frames: Option<u32>,
    /// The first and the last frame, and how many frames each step takes.
    pub start: Option<u32>,
    pub stop: Option<u32>,
    pub step: Option<u32>,
    pub size: [Option<i64>; 2],
}

impl Video {
    /// The first frame, that behind the last one, and the step from one to the next. Whatever a file says of its video, its shapes are in it.
    fn range(&self, tracks: &[Track]) -> (u32, u32, usize) {
        let frames = || tracks.iter().flat_map(|t| t.shapes.keys());
        let step = self.step.unwrap_or(1).clamp(1, FRAMES_MAX);
        let first = frames().min().copied().unwrap_or(0).min(self.start.unwrap_or(0));
        let counted = self.frames.unwrap_or(0).saturating_mul(step).saturating_add(first);
        let end = self.stop.map_or(counted, |stop| stop.saturating_add(1));
        let seen = frames().max().map_or(0, |last| last + 1);
        (first, end.max(seen).min(FRAMES_MAX), step as usize)
    }

    /// The frames, each with what is seen in it.
    pub fn pages(&self, tracks: &[Track], options: &Options) -> Result<BTreeMap<u32, Page>, Wrong> {
        let (first, end, step) = self.range(tracks);
        let empty = || {
            let mut page = Page::default();
            [page.document.width, page.document.height] = self.size;
            page
        };
        let shown = tracks.iter().flat_map(|t| t.shapes.keys().copied());
        let mut pages: BTreeMap<u32, Page> =
            (first..end).step_by(step).chain(shown).map(|frame| (frame, empty())).collect();
        let mut seen = 0u64;
        for track in tracks {
            let mut shapes = track.shapes.iter().peekable();
            while let Some((from, shape)) = shapes.next() {
                let next = shapes.peek();
                let to = next.map_or(end.max(from + 1), |(to, _)| **to);
                if shape.outside {
                    continue;
                }
                let target = next.and_then(|(_, placed)| placed.found.as_ref()).or(shape.found.as_ref());
                for (frame, page) in pages.range_mut(*from..to) {
                    seen += 1;
                    if seen > SEEN_MAX {
                        return Err(Wrong::new("cvat.long", format!("tracks of more than {SEEN_MAX} shapes")));
                    }
                    let share = f64::from(frame - from) / f64::from(to - from);
                    match shape.found.as_ref().zip(target) {
                        None => page.lose(options, "cvat.shape"),
                        Some((found, target)) => match seen_between(&found.figure, &target.figure, share) {
                            Some(figure) => page.add(Found { figure, ..found.clone() }, options),
                            None => page.lose(options, "cvat.track"),
                        },
                    }
                }
            }
        }
        Ok(pages)
    }
}

/// What is seen between two shapes. The shape of the frame itself needs no other.
fn seen_between(shape: &Figure, target: &Figure, share: f64) -> Option<Figure> {
    if share == 0.0 { Some(shape.clone()) } else { between(shape, target, share) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(at: [f64; 4], turn: f64, outside: bool) -> Placed {
        let figure = Figure::Box(at, turn);
        let found = Found { class: "car".into(), figure, flags: Vec::new(), group: None };
        Placed { found: Some(found), outside }
    }

    fn lefts(video: &Video, shapes: Vec<(u32, Placed)>) -> Vec<(u32, Vec<f64>)> {
        let track = Track { class: "car".into(), group: None, id: None, shapes: shapes.into_iter().collect() };
        let pages = video.pages(&[track], &Options::default()).unwrap();
        let left = |b: &crate::model::boxes::Box2| (b.x1 * 1e6).round() / 1e6;
        pages.iter().map(|(n, page)| (*n, page.document.boxes.iter().map(left).collect())).collect()
    }

    #[test]
    fn a_track_stays_to_the_end_of_its_video_or_until_it_is_out_of_sight() {
        let video = Video { frames: Some(5), ..Video::default() };
        let (a, b) = ([0., 0., 4., 4.], [4., 0., 8., 4.]);
        let stays = lefts(&video, vec![(1, boxed(a, 0., false)), (3, boxed(b, 0., false))]);
        assert_eq!(stays, [(0, vec![]), (1, vec![0.]), (2, vec![2.]), (3, vec![4.]), (4, vec![4.])]);
        let gone = lefts(&video, vec![(1, boxed(a, 0., false)), (3, boxed(b, 0., true))]);
        assert_eq!(gone[2..], [(2, vec![2.]), (3, vec![]), (4, vec![])], "it moves to where it was last seen");
        let again = lefts(&video, vec![(0, boxed(a, 0., true)), (4, boxed(b, 0., false))]);
        assert_eq!(again[3..], [(3, vec![]), (4, vec![4.])]);
        let none = Placed { found: None, outside: false };
        let unread = lefts(&video, vec![(0, boxed(a, 0., false)), (2, none), (4, boxed(b, 0., false))]);
        assert_eq!(unread, [(0, vec![0.]), (1, vec![0.]), (2, vec![]), (3, vec![]), (4, vec![4.])]);
    }

    #[test]
    fn frames_are_those_that_the_file_says() {
        let video = Video { frames: Some(3), start: Some(10), stop: Some(14), step: Some(2), ..Video::default() };
        let (a, b) = ([0., 0., 4., 4.], [4., 0., 8., 4.]);
        let seen = lefts(&video, vec![(10, boxed(a, 0., false)), (14, boxed(b, 0., false))]);
        assert_eq!(seen, [(10, vec![0.]), (12, vec![2.]), (14, vec![4.])]);
        assert_eq!(lefts(&Video::default(), vec![(2, boxed(a, 0., false))]).len(), 3);
    }

    #[test]
    fn a_box_turns_by_the_shorter_way() {
        let (a, b) = (Figure::Box([0.; 4], 350.0), Figure::Box([0.; 4], 10.0));
        assert_eq!(between(&a, &b, 0.25), Some(Figure::Box([0.; 4], 355.0)));
        assert_eq!(between(&b, &a, 0.75), Some(Figure::Box([0.; 4], 355.0)));
        let (a, b) = (Figure::Ellipse([0., 0., 4., 4.]), Figure::Ellipse([4., 0., 8., 4.]));
        assert_eq!(between(&a, &b, 0.5), Some(Figure::Ellipse([2., 0., 6., 4.])));
    }
}
