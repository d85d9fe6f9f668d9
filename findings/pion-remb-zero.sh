#!/usr/bin/env bash
# pion/rtcp: a REMB of 0 bit/s is read as 8,388,608 bit/s.
#
# Guess: bitrates survive writing and reading within the 18 bits of the mantissa; 0 stays 0, and
# a bitrate that the message cannot hold is an error.
# Seen: pion/rtcp v1.2.20 writes 0 as mantissa 0, and reads mantissa 0 as 2^23. 1 bit/s stays
# 1. What is too large is written as the largest value without an error.
# Matters: "send nothing" or "no estimate yet" becomes permission for 8.4 Mbit/s at the other
# side. Compare with the raw mantissa, or never send 0.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

go_modules github.com/pion/rtcp@v1.2.20
cat >main.go <<'GO'
package main

import (
    "fmt"

    "github.com/pion/rtcp"
)

func main() {
    for _, bitrate := range []float32{0, 1, 262143, 1e6, 1e26} {
        sent := rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: bitrate, SSRCs: []uint32{1}}
        wire, err := sent.Marshal()
        var got rtcp.ReceiverEstimatedMaximumBitrate
        if err == nil {
            err = got.Unmarshal(wire)
        }
        fmt.Printf("sent %.7g, exponent and mantissa %x, read %.7g, error %v\n", bitrate, wire[17:20], got.Bitrate, err)
    }
}
GO
seen go run .
expected <<'TXT'
sent 0, exponent and mantissa 000000, read 8388608, error <nil>
sent 1, exponent and mantissa 000001, read 1, error <nil>
sent 262143, exponent and mantissa 03ffff, read 262143, error <nil>
sent 1000000, exponent and mantissa 0bd090, read 1000000, error <nil>
sent 1e+26, exponent and mantissa ffffff, read 2.417842e+24, error <nil>
TXT
