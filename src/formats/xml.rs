//! What documents in XML have in common.
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::BytesRef;

/// What a reference stands for, such as `&amp;` or `&#44032;`. The entities of XML itself are all that are known: a document type, which
/// could declare others, is accepted nowhere.
pub fn referred(reference: &BytesRef<'_>) -> Result<String, &'static str> {
    match reference.resolve_char_ref() {
        Ok(Some(c)) => Ok(c.to_string()),
        Ok(None) => resolve_predefined_entity(reference).map(str::to_string).ok_or("an entity that XML does not know"),
        Err(_) => Err("a character reference that means no character"),
    }
}
