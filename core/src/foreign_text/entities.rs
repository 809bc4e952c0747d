//! The names that HTML has for characters, as far as somebody can type them.

/// The signs of a keyboard, and letters that are no letter with an accent.
const NAMES: [(&str, &str); 74] = [
    ("amp", "&"),
    ("AMP", "&"),
    ("lt", "<"),
    ("LT", "<"),
    ("gt", ">"),
    ("GT", ">"),
    ("quot", "\""),
    ("QUOT", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("excl", "!"),
    ("num", "#"),
    ("dollar", "$"),
    ("percnt", "%"),
    ("lpar", "("),
    ("rpar", ")"),
    ("ast", "*"),
    ("midast", "*"),
    ("plus", "+"),
    ("comma", ","),
    ("period", "."),
    ("sol", "/"),
    ("colon", ":"),
    ("semi", ";"),
    ("equals", "="),
    ("quest", "?"),
    ("commat", "@"),
    ("lsqb", "["),
    ("lbrack", "["),
    ("bsol", "\\"),
    ("rsqb", "]"),
    ("rbrack", "]"),
    ("Hat", "^"),
    ("lowbar", "_"),
    ("UnderBar", "_"),
    ("grave", "`"),
    ("DiacriticalGrave", "`"),
    ("lcub", "{"),
    ("lbrace", "{"),
    ("verbar", "|"),
    ("vert", "|"),
    ("VerticalLine", "|"),
    ("rcub", "}"),
    ("rbrace", "}"),
    ("hyphen", "-"),
    ("dash", "-"),
    ("tilde", "~"),
    ("Tab", " "),
    ("NewLine", " "),
    ("pound", "£"),
    ("euro", "€"),
    ("yen", "¥"),
    ("cent", "¢"),
    ("sect", "§"),
    ("copy", "©"),
    ("deg", "°"),
    ("szlig", "ß"),
    ("aelig", "æ"),
    ("AElig", "Æ"),
    ("oelig", "œ"),
    ("OElig", "Œ"),
    ("eth", "ð"),
    ("ETH", "Ð"),
    ("thorn", "þ"),
    ("THORN", "Þ"),
    ("fjlig", "fj"),
    ("imath", "i"),
    ("sup1", "1"),
    ("sup2", "2"),
    ("sup3", "3"),
    ("fflig", "ff"),
    ("filig", "fi"),
    ("fllig", "fl"),
    ("ffilig", "ffi"),
];
/// What follows the letter in the name of one with an accent, or of one in another type face.
const ENDINGS: [&str; 19] = [
    "acute", "grave", "circ", "tilde", "uml", "ring", "cedil", "caron", "breve", "macr", "ogon", "dot", "dblac",
    "strok", "slash", "scr", "fr", "opf", "midot",
];

/// What the entity of this name means; accents and type faces make no difference.
pub(super) fn named(name: &str) -> Option<String> {
    if let Some((_, meant)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some((*meant).to_owned());
    }
    let mut characters = name.chars();
    let letter = characters.next().filter(char::is_ascii_alphabetic)?;
    ENDINGS.contains(&characters.as_str()).then(|| letter.to_string())
}
