//! The three parts of a certificate that say whose it is, who signed it and which key it is for (X.509, DER).

/// Parts as they stand in the certificate.
pub(super) struct CertificateParts<'a> {
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) key: Key<'a>,
}

/// A public key without the name of its kind, which two writers write in two ways.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'a>(&'a [u8]);

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;

impl<'a> CertificateParts<'a> {
    /// None if `certificate` is none. Its version does not matter: home-made certificates are often of the first.
    pub(super) fn read(certificate: &'a [u8]) -> Option<Self> {
        let mut signed = Reader(Reader(Reader(certificate).value(SEQUENCE)?).value(SEQUENCE)?);
        if signed.0.first() == Some(&VERSION) {
            signed.value(VERSION)?;
        }
        signed.value(INTEGER)?;
        signed.value(SEQUENCE)?;
        let issuer = signed.value(SEQUENCE)?;
        signed.value(SEQUENCE)?;
        let subject = signed.value(SEQUENCE)?;
        let key = Key::in_info(signed.value(SEQUENCE)?)?;
        Some(Self { issuer, subject, key })
    }
}

impl<'a> Key<'a> {
    /// The key of a `SubjectPublicKeyInfo`.
    pub(super) fn read(info: &'a [u8]) -> Option<Self> {
        Self::in_info(Reader(info).value(SEQUENCE)?)
    }

    fn in_info(info: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(info);
        reader.value(SEQUENCE)?;
        reader.value(BIT_STRING).map(Self)
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next value, if it is of this kind.
    fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[found, first], mut rest) = self.0.split_first_chunk::<2>()?;
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let count = usize::from(first & 0x7f);
            let (bytes, after) = rest.split_at_checked(count).filter(|_| (1..=3).contains(&count))?;
            length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest = after;
        }
        let (value, after) = rest.split_at_checked(length).filter(|_| found == tag)?;
        self.0 = after;
        Some(value)
    }
}
