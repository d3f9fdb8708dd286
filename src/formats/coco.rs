//! COCO instances: images and boxes numbered from 1 (an annotation of id 0 is never matched by pycocotools), `bbox` as
//! x, y, width, height in pixels, `area` the box's.
use serde::{Deserialize, Serialize};
use serde_json::json;

/// An image with its boxes: (class, [x, y, width, height]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    pub file_name: String,
    pub width: u32,
    pub height: u32,
    pub boxes: Vec<(String, [f64; 4])>,
}

/// The file of one split; categories are numbered in the order of `classes`.
pub fn write(images: &[Image], classes: &[String], folder: &str) -> String {
    let (mut out_images, mut annotations) = (Vec::new(), Vec::new());
    for (i, image) in images.iter().enumerate() {
        let file = format!("{folder}/{}", image.file_name);
        out_images.push(json!({ "id": i + 1, "file_name": file, "width": image.width, "height": image.height }));
        for (class, bbox) in &image.boxes {
            let category = classes.iter().position(|c| c == class).map_or(0, |p| p + 1);
            let [_, _, w, h] = bbox;
            annotations.push(json!({
                "id": annotations.len() + 1, "image_id": i + 1, "category_id": category,
                "bbox": bbox, "area": w * h, "iscrowd": 0, "segmentation": [],
            }));
        }
    }
    let categories: Vec<_> = classes.iter().enumerate().map(|(i, c)| json!({ "id": i + 1, "name": c })).collect();
    let lines = |v: &[serde_json::Value]| v.iter().map(ToString::to_string).collect::<Vec<_>>().join(",\n");
    format!(
        "{{\"images\": [\n{}\n],\n\"annotations\": [\n{}\n],\n\"categories\": [\n{}\n]}}\n",
        lines(&out_images),
        lines(&annotations),
        lines(&categories)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_from_one() {
        let boxes = vec![("b".to_string(), [1.0, 2.0, 3.0, 4.0])];
        let image = Image { file_name: "x.jpg".into(), width: 9, height: 8, boxes };
        let text = write(&[image], &["a".into(), "b".into()], "train");
        let v: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(v["annotations"][0]["id"], 1);
        assert_eq!(v["annotations"][0]["category_id"], 2);
        assert_eq!(v["annotations"][0]["area"], 12.0);
        assert_eq!(v["images"][0]["file_name"], "train/x.jpg");
    }
}
