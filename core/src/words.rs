//! Enums whose members are words that every language and the scenarios spell the same.

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $member:ident = $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $member,)* }

        impl $name {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$member,)*];

            /// The word, as all languages and the scenarios spell it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$member => $text,)* }
            }
        }
    };
}

pub(crate) use words;
