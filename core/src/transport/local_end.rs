//! This machine's end of a connection: the address that it is made from, or the family of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::Error;

/// Which of this machine's addresses connections are made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct LocalEnd {
    address: Option<IpAddr>,
    family: Option<Family>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

impl LocalEnd {
    pub(super) fn with_address(mut self, text: &str) -> Result<Self, Error> {
        let invalid = |what: &str| Error::invalid("local_address", format!("local_address {what}"));
        let example = "Give the IP address of one of this machine's interfaces, like 203.0.113.7 or 2001:db8::7.";
        let address: IpAddr = text.trim().parse().map_err(|_| invalid(&format!("is no IP address. {example}")))?;
        let address = address.to_canonical();
        let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
        if address.is_unspecified() {
            return Err(invalid("stands for any address. Leave it off, or give address_family instead."));
        }
        if address.is_multicast() || is_broadcast {
            return Err(invalid(&format!("is an address of many machines. {example}")));
        }
        self.address = Some(address);
        self.agreeing("local_address")
    }

    pub(super) fn with_family(mut self, text: &str) -> Result<Self, Error> {
        self.family = Some(match text {
            "ipv4" => Family::Ipv4,
            "ipv6" => Family::Ipv6,
            _ => return Err(Error::invalid("address_family", "address_family is neither 'ipv4' nor 'ipv6'.")),
        });
        self.agreeing("address_family")
    }

    fn agreeing(self, field: &'static str) -> Result<Self, Error> {
        match (self.address.map(Family::of), self.family) {
            (Some(of_address), Some(family)) if of_address != family => Err(Error::invalid(
                field,
                format!(
                    "local_address is one of {} and address_family is '{}': no connection is of both. Leave one off.",
                    of_address.as_str(),
                    family.as_str()
                ),
            )),
            _ => Ok(self),
        }
    }

    /// What a socket is bound to, if to anything. To any address of a family it is bound for the family's sake.
    pub(super) fn bound_to(self) -> Option<IpAddr> {
        self.address.or(self.family.map(|family| match family {
            Family::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
            Family::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
        }))
    }

    /// That `host` can be reached from here: an address of the other family cannot.
    pub(super) fn check(self, host: &str) -> Result<(), Error> {
        let Ok(there) = host.trim_matches(['[', ']']).parse::<IpAddr>() else { return Ok(()) };
        let field = if self.address.is_some() { "local_address" } else { "address_family" };
        match self.bound_to().map(Family::of) {
            Some(here) if here != Family::of(there) => Err(Error::invalid(
                field,
                format!(
                    "{field} asks for connections by {}, and the address to connect to is one of {}.",
                    here.as_str(),
                    Family::of(there).as_str()
                ),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(address: &str, family: &str) -> Result<LocalEnd, Error> {
        LocalEnd::default().with_address(address)?.with_family(family)
    }

    #[test]
    fn an_address_and_a_family_are_taken() {
        for (address, kept) in
            [("203.0.113.7", "203.0.113.7"), (" 2001:db8::7", "2001:db8::7"), ("::ffff:10.0.0.1", "10.0.0.1")]
        {
            let end = LocalEnd::default().with_address(address).unwrap();
            assert_eq!(end.bound_to().unwrap().to_string(), kept);
        }
        assert_eq!(both("203.0.113.7", "ipv4").unwrap().bound_to().unwrap().to_string(), "203.0.113.7");
        assert_eq!(LocalEnd::default().with_family("ipv6").unwrap().bound_to().unwrap().to_string(), "::");
        assert_eq!(LocalEnd::default().bound_to(), None);
    }

    #[test]
    fn what_is_no_address_of_one_machine_is_refused() {
        for text in [
            "",
            "localhost",
            "203.0.113.7:80",
            "eth0",
            "fe80::1%eth0",
            "10.1",
            "0x7f.0.0.1",
            "010.0.0.1",
            "203.0.113.0/24",
            "0.0.0.0",
            "::",
            "::ffff:0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert_eq!(LocalEnd::default().with_address(text).unwrap_err().field(), Some("local_address"), "{text}");
        }
        for text in ["", "IPv4", "inet", "4"] {
            assert_eq!(LocalEnd::default().with_family(text).unwrap_err().field(), Some("address_family"), "{text}");
        }
    }

    #[test]
    fn the_two_may_not_contradict_each_other_in_any_order() {
        assert_eq!(both("203.0.113.7", "ipv6").unwrap_err().field(), Some("address_family"));
        let family = LocalEnd::default().with_family("ipv4").unwrap();
        assert_eq!(family.with_address("::1").unwrap_err().field(), Some("local_address"));
    }

    #[test]
    fn an_address_of_the_other_family_cannot_be_reached() {
        let ipv4 = LocalEnd::default().with_family("ipv4").unwrap();
        assert!(ipv4.check("[::1]").is_err_and(|error| error.field() == Some("address_family")));
        assert!(ipv4.check("127.0.0.1").is_ok() && ipv4.check("api.example").is_ok());
        let address = LocalEnd::default().with_address("::1").unwrap();
        assert!(address.check("127.0.0.1").is_err_and(|error| error.field() == Some("local_address")));
        assert!(LocalEnd::default().check("[::1]").is_ok());
    }
}
