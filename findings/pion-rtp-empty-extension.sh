#!/usr/bin/env bash
# pion/rtp: an empty header extension is accepted and then hides every extension after it.
#
# Guess: SetExtension() refuses what the one-byte form of RFC 8285 cannot hold: no data at all
# (its length field means 1 to 16) and the id 15, which is reserved; or it takes the
# two-byte form, as it does by itself for 17 bytes and more.
# Seen: pion/rtp v1.10.6 returns no error for either. Zero bytes are written as length -1,
# whose bits turn the id into 15 and the length into 16, so a reader stops there: the
# extensions behind it (mid, transport sequence number) are gone without an error.
# Matters: forwarding an extension whose value happens to be empty loses the mid of the packet.
# Leave empty values out, or set ExtensionProfile to the two-byte form first.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

go_modules github.com/pion/rtp@v1.10.6
cat >main.go <<'GO'
package main

import (
    "fmt"

    "github.com/pion/rtp"
)

func try(name string, id uint8, payload []byte) {
    sent := rtp.Packet{Header: rtp.Header{Version: 2}, Payload: []byte{1, 2, 3}}
    err := sent.SetExtension(id, payload)
    if err == nil {
        err = sent.SetExtension(5, []byte("mid0"))
    }
    if err != nil {
        fmt.Printf("%s: %v\n", name, err)
        return
    }
    wire, err := sent.Marshal()
    var got rtp.Packet
    if err == nil {
        err = got.Unmarshal(wire)
    }
    fmt.Printf("%s: profile %x, error %v, ids read %v, mid %q\n", name, sent.ExtensionProfile, err,
        got.GetExtensionIDs(), got.GetExtension(5))
}

func main() {
    try("1 byte as id 3", 3, []byte{7})
    try("0 bytes as id 3", 3, []byte{})
    try("1 byte as id 15", 15, []byte{7})
    try("17 bytes as id 3", 3, make([]byte, 17))
}
GO
seen go run .
expected <<'TXT'
1 byte as id 3: profile bede, error <nil>, ids read [3 5], mid "mid0"
0 bytes as id 3: profile bede, error <nil>, ids read [], mid ""
1 byte as id 15: profile bede, error <nil>, ids read [], mid ""
17 bytes as id 3: profile 1000, error <nil>, ids read [3 5], mid "mid0"
TXT
