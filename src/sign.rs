//! Signatures in the format of minisign: Ed25519 over the BLAKE2b-512 of a file, with a comment that is signed, too.
use minisign::{KeyPair, PublicKeyBox, SecretKeyBox, SignatureBox};
use std::io::{Cursor, Read};

/// The most bytes that are signed or checked: lists of sums.
const SIGNED: u64 = 1 << 30;

/// Who can check signatures.
pub struct PublicKey(minisign::PublicKey);

/// A signature beside a file.
pub struct Signature(SignatureBox);

/// Who signs. Its password is needed to open it.
pub struct SecretKey(minisign::SecretKey);

/// The number of a key as minisign shows it.
fn shown(number: &[u8]) -> String {
    number.iter().rev().map(|b| format!("{b:02X}")).collect()
}

impl PublicKey {
    /// A key file of minisign (a comment and a line of base64), or the line alone.
    pub fn parse(text: &str) -> Result<PublicKey, String> {
        let line = text.trim();
        let read = match line.contains('\n') {
            true => PublicKeyBox::from_string(line).and_then(PublicKeyBox::into_public_key),
            false => minisign::PublicKey::from_base64(line),
        };
        read.map(PublicKey).map_err(|e| format!("is no public key of minisign: {e}"))
    }

    pub fn id(&self) -> String {
        shown(self.0.keynum())
    }

    /// As a file of its own.
    pub fn text(&self) -> Result<String, String> {
        self.0.to_box().map(PublicKeyBox::into_string).map_err(|e| e.to_string())
    }

    /// Checks a file; the error says why the signature is not of this file and this key.
    pub fn verify(&self, signature: &Signature, file: &mut dyn Read) -> Result<(), String> {
        let mut bytes = Vec::new();
        file.take(SIGNED + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        if bytes.len() as u64 > SIGNED {
            return Err("it is longer than what is signed".into());
        }
        if signature.key_id() != self.id() {
            return Err(format!("the signature is of the key {}, and this is {}", signature.key_id(), self.id()));
        }
        minisign::verify(&self.0, &signature.0, Cursor::new(&bytes), true, false, true)
            .map_err(|_| "the file, the signature or its comment was changed".into())
    }
}

impl Signature {
    pub fn parse(text: &str) -> Result<Signature, String> {
        SignatureBox::from_string(text.trim_end())
            .map(Signature)
            .map_err(|e| format!("is no signature of minisign: {e}"))
    }

    pub fn key_id(&self) -> String {
        shown(self.0.keynum())
    }

    /// The comment that is signed.
    pub fn comment(&self) -> String {
        self.0.trusted_comment().unwrap_or_default()
    }
}

impl SecretKey {
    /// Opens a key file of minisign. A password that is needed and not given is asked for at the terminal.
    pub fn open(text: &str, password: Option<String>) -> Result<SecretKey, String> {
        let read = SecretKeyBox::from_string(text.trim_end());
        let read = read.map_err(|e| format!("is no secret key of minisign: {e}"))?;
        // a key without a password, as the tool itself writes it, has no checksum, which the library demands
        let bytes =
            text.lines().nth(1).and_then(base64).ok_or("is no secret key of minisign: it has no line of base64")?;
        if bytes.get(2..4) == Some([0, 0].as_slice()) {
            let key = minisign::SecretKey::from_bytes(&bytes);
            return key.map(SecretKey).map_err(|e| format!("is no secret key of minisign: {e}"));
        }
        let own = read.into_secret_key(password);
        own.map(SecretKey).map_err(|e| format!("does not open with this password: {e}"))
    }

    /// A signature of a file, with a comment that is signed, too. Drawn numbers are part of it: two are never the same.
    pub fn sign(&self, bytes: &[u8], comment: &str, untrusted: &str) -> Result<String, String> {
        minisign::sign(None, &self.0, Cursor::new(bytes), Some(comment), Some(untrusted))
            .map(SignatureBox::into_string)
            .map_err(|e| e.to_string())
    }

    pub fn public(&self) -> Result<PublicKey, String> {
        minisign::PublicKey::from_secret_key(&self.0).map(PublicKey).map_err(|e| e.to_string())
    }
}

/// The bytes of base64 with its padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let value = |b: u8| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut out, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for b in text.trim().trim_end_matches('=').bytes() {
        held = (held << 6 | u32::from(value(b)?)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 0xff) as u8);
        }
    }
    Some(out)
}

/// A new pair of keys as files of minisign: the secret one and the public one. An empty password is none.
pub fn generate(password: &str) -> Result<(String, String), String> {
    let pair = match password.is_empty() {
        true => KeyPair::generate_unencrypted_keypair(),
        false => KeyPair::generate_encrypted_keypair(Some(password.to_string())),
    };
    let pair = pair.map_err(|e| e.to_string())?;
    let secret = pair.sk.to_box(None).map_err(|e| e.to_string())?.into_string();
    Ok((secret, PublicKey(pair.pk).text()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        assert_eq!(base64("aGFsbG8gd2VsdA==").unwrap(), b"hallo welt");
        assert_eq!(base64("/+8="), Some(vec![255, 239]));
        assert_eq!(base64("a b"), None);
    }

    #[test]
    fn keys_with_passwords_open_with_them_alone() {
        let (secret, _) = generate("right").unwrap();
        assert!(SecretKey::open(&secret, Some("wrong".into())).is_err());
        assert!(SecretKey::open(&secret, Some("right".into())).is_ok());
        assert!(SecretKey::open("x\ny\n", None).is_err());
    }

    #[test]
    fn what_is_signed_is_checked() {
        let (secret, public) = generate("").unwrap();
        let key = SecretKey::open(&secret, None).unwrap();
        let text = key.sign(b"sums\n", "x 1.0.0", "signature by tamis").unwrap();
        let (public, signature) = (PublicKey::parse(&public).unwrap(), Signature::parse(&text).unwrap());
        assert_eq!((public.id(), signature.comment().as_str()), (signature.key_id(), "x 1.0.0"));
        assert_eq!(public.verify(&signature, &mut b"sums\n".as_slice()), Ok(()));
        assert!(public.verify(&signature, &mut b"sums \n".as_slice()).is_err());
        let other = Signature::parse(&text.replace("x 1.0.0", "x 1.0.1")).unwrap();
        assert!(public.verify(&other, &mut b"sums\n".as_slice()).is_err());
        let (_, stranger) = generate("").unwrap();
        assert!(PublicKey::parse(&stranger).unwrap().verify(&signature, &mut b"sums\n".as_slice()).is_err());
    }
}
