//! Models of boxes on pictures: what is learned, what files of predictions say, and how good both are.
//!
//! The steps are those of the other models, `train.NAME/folds`, `/check`, `/test` and `train.NAME`, with kernels of their own, since what is
//! found on a picture is a list of boxes with scores ([`crate::model::detections`]) in place of a probability for each class.
pub mod given;
pub mod learn;
pub mod score;
