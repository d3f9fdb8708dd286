//! Endpoints of language models as they are declared: where texts are sent, and by which secret.
use crate::digest::Digest;

/// Where questions are sent. What the user trusts is all of it: another address, another secret,
/// another prompt file are asked about anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The address that is asked; empty where the variable that names it is not set.
    pub url: String,
    /// The variable of the environment that names the address, where the manifest does not.
    pub url_env: Option<String>,
    /// The variable of the environment with the secret that is sent along.
    pub key_env: Option<String>,
    /// The file of the prompt; texts and labels of samples to learn of go with it.
    pub sends: String,
}

impl Endpoint {
    /// What the user trusts.
    pub fn digest(&self) -> Digest {
        let mut text = String::from("tamis endpoint 1\n");
        let key: Vec<String> = self.key_env.iter().cloned().collect();
        for list in [std::slice::from_ref(&self.url), &key, std::slice::from_ref(&self.sends)] {
            text.push_str(&format!("{}\n", list.len()));
            list.iter().for_each(|part| text.push_str(&format!("{}:{part}\n", part.len())));
        }
        Digest::of(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_address_secret_or_prompt_is_another_trust() {
        let one = Endpoint { url: "https://example.org/v1".into(), sends: "a.txt".into(), ..Endpoint::default() };
        let others = [
            Endpoint { url: "https://example.com/v1".into(), ..one.clone() },
            Endpoint { key_env: Some("KEY".into()), ..one.clone() },
            Endpoint { sends: "b.txt".into(), ..one.clone() },
        ];
        assert!(others.iter().all(|other| other.digest() != one.digest()));
        assert_eq!(Endpoint { url_env: Some("URL".into()), ..one.clone() }.digest(), one.digest(), "it is one address");
    }
}
