//! Parameters of kernels as they are given: those of the recipe, and what only the kernel may see.

/// Parameters with one value more, for the kernel alone.
pub fn added(params: &str, name: &str, value: &impl serde::Serialize) -> String {
    let mut given: serde_json::Map<String, serde_json::Value> = serde_json::from_str(params).unwrap_or_default();
    given.insert(name.into(), serde_json::to_value(value).unwrap_or_default());
    serde_json::Value::Object(given).to_string()
}
