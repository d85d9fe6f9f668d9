// A TURN server on a free port of 127.0.0.1, user "u" with password "p". Prints the port
// and ends when its standard input does.
package main

import (
    "fmt"
    "io"
    "net"
    "os"

    "github.com/pion/turn/v5"
)

func main() {
    listener, err := net.ListenPacket("udp4", "127.0.0.1:0")
    if err != nil {
        panic(err)
    }
    relay := &turn.RelayAddressGeneratorStatic{RelayAddress: net.ParseIP("127.0.0.1"), Address: "127.0.0.1"}
    _, err = turn.NewServer(turn.ServerConfig{
        Realm: "finding",
        AuthHandler: func(request *turn.RequestAttributes) (string, []byte, bool) {
            return request.Username, turn.GenerateAuthKey(request.Username, request.Realm, "p"), request.Username == "u"
        },
        PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: listener, RelayAddressGenerator: relay}},
    })
    if err != nil {
        panic(err)
    }
    fmt.Println(listener.LocalAddr().(*net.UDPAddr).Port)
    _, _ = io.Copy(io.Discard, os.Stdin)
}
