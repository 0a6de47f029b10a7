//! Whose plugins are taken: signatures in the format of minisign (Ed25519), by keys that the operator
//! names.

use std::{collections::BTreeMap, io::Cursor};

use engine_runtime::{Signer, Tier};
use minisign::{PublicKey, SignatureBox};
use serde::{Deserialize, Serialize};

use crate::first_party;

/// `[plugins]` of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PluginsConfig {
    /// Whether only signed plugins, and those that come with the program, can be installed.
    pub signed_only: bool,
    /// Keys, by the names that people know their holders by.
    pub keys: BTreeMap<String, KeyConfig>,
}

/// A key that signs plugins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// The public key, such as `RWRJKw6T2n2iUlJSRaPJFyWXS4D9F81qZ79YYDbJAYDMUe56kP2A/6jg`.
    pub key: TrustedKey,
    /// Whose it is: `operator` or `publisher`.
    pub tier: KeyTier,
}

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyTier {
    /// The operator's own.
    Operator,
    /// Of somebody whom the operator knows.
    Publisher,
}

/// A public key of minisign.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct TrustedKey(PublicKey);

impl PartialEq for TrustedKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bytes() == other.0.to_bytes()
    }
}

impl Eq for TrustedKey {}

impl TryFrom<String> for TrustedKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::str::FromStr for TrustedKey {
    type Err = String;

    /// The key alone, or the two lines of a `.pub` file.
    fn from_str(text: &str) -> Result<Self, String> {
        let key = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        PublicKey::from_base64(key.trim()).map(Self).map_err(|_| {
            "this is no public key of minisign: expected 56 letters and digits that begin with `RW`"
                .to_owned()
        })
    }
}

impl TrustedKey {
    /// By which signatures name it.
    #[must_use]
    pub fn id(&self) -> String {
        id(self.0.keynum())
    }
}

/// Why a plugin is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// It has to be signed, and is not.
    #[error(
        "the component is not signed, and this engine takes signed ones only: sign it with `countersign plugin sign`"
    )]
    Unsigned,
    /// Its signature makes no sense.
    #[error(
        "the component's signature makes no sense: expected the four lines of a `.minisig` file"
    )]
    Malformed,
    /// Nobody knows the key.
    #[error(
        "the component is signed with the key {0}, which this engine does not know: the operator can add it to `plugins.keys` of the configuration"
    )]
    UnknownKey(String),
    /// It is not what was signed.
    #[error(
        "the component is not what was signed with the key `{0}`: it was changed after that, or the signature is of another file"
    )]
    Changed(String),
}

impl PluginsConfig {
    /// Who signed a component; nobody where it need not be signed.
    ///
    /// # Errors
    /// [`Distrust`]. A signature that is there has to be right, whether or not one is needed.
    pub fn signer(
        &self,
        component: &[u8],
        signature: Option<&str>,
    ) -> Result<Option<Signer>, Distrust> {
        let Some(signature) = signature else {
            let is_needed = self.signed_only && !first_party::includes(component);
            return if is_needed { Err(Distrust::Unsigned) } else { Ok(None) };
        };
        let signature = SignatureBox::from_string(signature).map_err(|_| Distrust::Malformed)?;
        let by = |key: &KeyConfig| key.key.0.keynum() == signature.keynum();
        let Some((name, key)) = self.keys.iter().find(|(_, key)| by(key)) else {
            return Err(Distrust::UnknownKey(id(signature.keynum())));
        };
        check(&key.key, component, &signature).map_err(|_| Distrust::Changed(name.clone())).map(
            |comment| {
                let tier = match key.tier {
                    KeyTier::Operator => Tier::Operator,
                    KeyTier::Publisher => Tier::Publisher,
                };
                Some(Signer { tier, name: name.clone(), key: key.key.id(), comment })
            },
        )
    }
}

/// What a signature says of itself, before anybody has looked whether it is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Claim {
    /// The id of the key.
    pub(crate) key: String,
    /// What it says of the component.
    pub(crate) comment: String,
}

impl Claim {
    /// Reads a signature.
    ///
    /// # Errors
    /// [`Distrust::Malformed`].
    pub(crate) fn read(signature: &str) -> Result<Self, Distrust> {
        let signature = SignatureBox::from_string(signature).map_err(|_| Distrust::Malformed)?;
        let comment = signature.trusted_comment().map_err(|_| Distrust::Malformed)?;
        Ok(Self { key: id(signature.keynum()), comment })
    }
}

/// What a signature says of a component, where it is of this component and by this key.
///
/// # Errors
/// Where it is not.
pub(crate) fn check(
    key: &TrustedKey,
    component: &[u8],
    signature: &SignatureBox,
) -> Result<String, minisign::PError> {
    minisign::verify(&key.0, signature, Cursor::new(component), true, false, false)?;
    signature.trusted_comment()
}

/// As minisign shows it.
fn id(number: &[u8]) -> String {
    hex::encode_upper(number.iter().rev().copied().collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use minisign::KeyPair;

    use super::*;

    const EMPTY: &[u8] = &[0, b'a', b's', b'm', 0x0d, 0, 1, 0];
    /// Made by the program minisign 0.11: `minisign -G`, `minisign -S -t 'risk-score 1.2.0'`.
    const PUBLIC: &str = include_str!("trust/minisign.pub");
    const SIGNATURE: &str = include_str!("trust/minisign.minisig");

    fn trusting(signed_only: bool, key: TrustedKey) -> PluginsConfig {
        let key = KeyConfig { key, tier: KeyTier::Publisher };
        PluginsConfig { signed_only, keys: [("example".to_owned(), key)].into() }
    }

    #[test]
    fn what_minisign_signed_is_trusted() {
        let config = trusting(true, PUBLIC.parse().unwrap());
        let signer = config.signer(EMPTY, Some(SIGNATURE)).unwrap().unwrap();
        assert_eq!(signer.name, "example");
        assert_eq!(signer.key, "52A27DDA930E2B49");
        assert_eq!(signer.comment, "risk-score 1.2.0");
        assert_eq!(signer.tier, Tier::Publisher);
    }

    #[test]
    fn anything_else_is_not() {
        let config = trusting(true, PUBLIC.parse().unwrap());
        let judge = |component: &[u8], signature: &str| {
            config.signer(component, Some(signature)).unwrap_err()
        };
        assert_eq!(config.signer(EMPTY, None), Err(Distrust::Unsigned));
        assert_eq!(judge(&[EMPTY, b"x"].concat(), SIGNATURE), Distrust::Changed("example".into()));
        let forged = SIGNATURE.replace("1.2.0", "9.9.9");
        assert_eq!(judge(EMPTY, &forged), Distrust::Changed("example".into()));
        for nonsense in ["", "signature", "a\nb\nc\nd", &SIGNATURE[..80], &"\n".repeat(9)] {
            assert_eq!(judge(EMPTY, nonsense), Distrust::Malformed, "{nonsense:?}");
        }
        let nobody = PluginsConfig { signed_only: true, ..PluginsConfig::default() };
        assert_eq!(
            nobody.signer(EMPTY, Some(SIGNATURE)),
            Err(Distrust::UnknownKey("52A27DDA930E2B49".into()))
        );
        assert_eq!(PluginsConfig::default().signer(EMPTY, None), Ok(None));
    }

    /// A key of somebody else that claims the same id.
    #[test]
    fn an_id_alone_is_no_proof() {
        let mine: TrustedKey = PUBLIC.parse().unwrap();
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        let signature = minisign::sign(None, &pair.sk, Cursor::new(EMPTY), None, None).unwrap();
        let forged = signature.to_string();
        let theirs = TrustedKey(pair.pk.clone());
        assert!(trusting(true, theirs).signer(EMPTY, Some(&forged)).is_ok());
        let unknown = trusting(true, mine).signer(EMPTY, Some(&forged)).unwrap_err();
        assert!(matches!(unknown, Distrust::UnknownKey(_)));
    }

    #[test]
    fn a_key_is_read_alone_or_from_its_file() {
        let key: TrustedKey = PUBLIC.parse().unwrap();
        assert_eq!(PUBLIC.lines().nth(1).unwrap().parse(), Ok(key));
        for wrong in ["", "RWRJKw6T2n2iU", "hello\nworld"] {
            assert!(wrong.parse::<TrustedKey>().unwrap_err().contains("no public key"));
        }
    }
}
