#!/bin/sh
# Makes these files anew: an authority, a server's certificate for this machine, and a client's with what is between it
# and the authority. All are made up, and good for a hundred years.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key"; }
# Who it is, whose authority signs it, and what it is good for.
certificate() {
    key "$1"
    openssl req -new -key "$work/$1.key" -subj "/CN=made-up $1" -out "$work/$1.csr"
    printf '%s\n' "$3" >"$work/$1.ext"
    openssl x509 -req -in "$work/$1.csr" -CA "$work/$2.pem" -CAkey "$work/$2.key" -days 36500 -extfile "$work/$1.ext" \
        -out "$work/$1.pem" 2>/dev/null
}
key authority
openssl req -x509 -new -key "$work/authority.key" -subj "/CN=made-up authority" -days 36500 -out "$work/authority.pem"
certificate server authority "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost
extendedKeyUsage=serverAuth"
certificate between authority "basicConstraints=critical,CA:TRUE"
certificate client between "extendedKeyUsage=clientAuth"
cp "$work/authority.pem" authority.pem
cat "$work/server.pem" "$work/server.key" >server.pem
cat "$work/client.pem" "$work/between.pem" "$work/client.key" >client.pem
