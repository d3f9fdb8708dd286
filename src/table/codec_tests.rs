//! The published vectors of the canonical digest, and which arrays are equal (made with an oracle over pyarrow).
use super::*;
use crate::table::value::{Value, column};
use crate::table::{list, record, utf8};
use arrow_array::builder::*;

fn strings() -> StringArray {
    StringArray::from(vec![Some("a"), None, Some(""), Some("김😊")])
}

fn votes() -> ArrayRef {
    let item = record(&[("class", utf8()), ("start", DataType::UInt32), ("end", DataType::UInt32)]);
    let ty = list(record(&[("annotator", utf8()), ("items", list(item))]));
    let t = |s: &str| Value::Text(s.into());
    let vote = |a: &str, items: Value| Value::Struct(vec![("annotator".into(), t(a)), ("items".into(), items)]);
    let span =
        Value::Struct(vec![("class".into(), t("PS")), ("start".into(), Value::Int(0)), ("end".into(), Value::Int(2))]);
    column(
        &ty,
        &[
            Value::Null,
            Value::List(vec![]),
            Value::List(vec![vote("a17", Value::List(vec![]))]),
            Value::List(vec![vote("a07", Value::List(vec![span])), vote("a17", Value::Null)]),
        ],
    )
    .unwrap()
}

#[test]
fn published_vectors() {
    let d = |a: &dyn Array| column_digest(a).hex();
    assert_eq!(d(&strings()), "f67fb9039fbb4d67c4258dfdf12ee7a61d238ee8df9a25f59f3676f233571886");
    let f = Float64Array::from(vec![Some(1.5), None, Some(f64::NAN), Some(-0.0)]);
    assert_eq!(d(&f), "b4c39c5d38e762f24607a7f315f4f086e84c71cc2a0a9e263e6d721eba28b351");
    assert_eq!(
        d(&StringArray::from(Vec::<&str>::new())),
        "dad06889db599f56d7bc60ed849ca38d6877f21379f1cd1eb6780149dfdf451d"
    );
    assert_eq!(d(&votes()), "98bcd14d616e295b5cf779fe5ed566dbec573bf5bf004dfeb58413ed5c7479fd");
}

#[test]
fn equal_however_they_are_held() {
    let s = strings();
    let d = column_digest(&s);
    assert_eq!(d, column_digest(&LargeStringArray::from_iter(s.iter())));
    assert_eq!(d, column_digest(&StringViewArray::from_iter(s.iter())));
    let dict: DictionaryArray<Int32Type> = s.iter().collect();
    assert_eq!(d, column_digest(&dict));
    let longer = StringArray::from(vec![Some("zz"), Some("a"), None, Some(""), Some("김😊"), Some("q")]);
    assert_eq!(d, column_digest(&longer.slice(1, 4)));
    let v = votes();
    let twice = crate::table::concat(v.data_type(), &[v.clone(), v.clone()]).unwrap();
    assert_eq!(column_digest(&v), column_digest(&twice.slice(4, 4)));

    let nan = Float64Array::from(vec![f64::from_bits(0x7ff8_0000_0000_0001), f64::from_bits(0xfff8_0000_0000_0000)]);
    assert_eq!(column_digest(&nan), column_digest(&Float64Array::from(vec![f64::NAN, f64::NAN])));

    let mut fixed = FixedSizeListBuilder::new(Int64Builder::new(), 2);
    fixed.values().append_slice(&[7, 7]);
    fixed.append(false);
    fixed.values().append_slice(&[1, 2]);
    fixed.append(true);
    let plain = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![None, Some(vec![Some(1), Some(2)])]);
    assert_eq!(column_digest(&fixed.finish()), column_digest(&plain));
}

#[test]
fn garbage_below_nulls_does_not_count() {
    let field = Arc::new(Field::new("item", DataType::Utf8, true));
    let values = Arc::new(StringArray::from(vec!["x", "y"]));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0, 1, 1, 2]));
    let garbage = ListArray::new(field, offsets, values, Some(NullBuffer::from(vec![false, true, true])));
    let clean = column(&list(utf8()), &[Value::Null, Value::List(vec![]), Value::List(vec![Value::Text("y".into())])]);
    assert_eq!(column_digest(&garbage), column_digest(&clean.unwrap()));

    let n = Arc::new(Field::new("n", DataType::Int64, true));
    let s = StructArray::new(
        vec![n].into(),
        vec![Arc::new(Int64Array::from(vec![7, 8])) as ArrayRef],
        Some(NullBuffer::from(vec![false, true])),
    );
    let clean =
        column(&record(&[("n", DataType::Int64)]), &[Value::Null, Value::Struct(vec![("n".into(), Value::Int(8))])]);
    assert_eq!(column_digest(&s), column_digest(&clean.unwrap()));
}

#[test]
fn what_must_differ() {
    assert_ne!(column_digest(&strings()), column_digest(&StringArray::from(vec!["a", "", "", "김😊"])));
    assert_ne!(column_digest(&Float64Array::from(vec![0.0])), column_digest(&Float64Array::from(vec![-0.0])));
    let null = column(&list(utf8()), &[Value::Null]).unwrap();
    let empty = column(&list(utf8()), &[Value::List(vec![])]).unwrap();
    assert_ne!(column_digest(&null), column_digest(&empty));
}

#[test]
fn decoding_gives_the_column_back() {
    let f = Float64Array::from(vec![Some(1.5), None, Some(f64::NAN), Some(-0.0)]);
    let b = BooleanArray::from(vec![Some(true), None, Some(false)]);
    let blob = FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some([7u8; 32]), None].into_iter(), 32).unwrap();
    let s =
        column(&record(&[("n", DataType::Int64)]), &[Value::Null, Value::Struct(vec![("n".into(), Value::Int(8))])])
            .unwrap();
    let arrays: [ArrayRef; 6] = [Arc::new(strings()), Arc::new(f), Arc::new(b), Arc::new(blob), votes(), s];
    for a in &arrays {
        let bytes = encode(a);
        let back = decode(bytes.clone()).unwrap();
        assert_eq!(encode(&back), bytes, "{}", a.data_type());
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err());
        }
    }
}
