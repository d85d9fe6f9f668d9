// Two allocations of pion/turn talk to each other (contract: ../README.md).
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

type user struct{ Username, Password string }

type question struct {
	Host, Transport string
	Port, Count     int
	IntervalMS      int `json:"interval_ms"`
	TimeoutMS       int `json:"timeout_ms"`
	A, B            user
}

type failure struct {
	Step string `json:"step"`
	Text string `json:"text"`
}

type result struct {
	Version string             `json:"version"`
	Steps   map[string]float64 `json:"steps"`
	Sent    int                `json:"sent"`
	Missing [][]int            `json:"missing"`
	Error   *failure           `json:"error"`
}

type end struct {
	client *turn.Client
	relay  net.PacketConn
	lock   sync.Mutex
	heard  map[int]bool
}

func (e *end) listen() {
	buffer := make([]byte, 2048)
	for {
		n, _, err := e.relay.ReadFrom(buffer)
		if err != nil {
			return
		}
		if n >= 4 {
			e.lock.Lock()
			e.heard[int(binary.BigEndian.Uint32(buffer))] = true
			e.lock.Unlock()
		}
	}
}

func (e *end) has(number int) bool {
	e.lock.Lock()
	defer e.lock.Unlock()
	return e.heard[number]
}

func connect(q question) (net.PacketConn, error) {
	if q.Transport == "tcp" {
		conn, err := net.Dial("tcp4", fmt.Sprintf("%s:%d", q.Host, q.Port))
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(conn), nil
	}
	return net.ListenPacket("udp4", "0.0.0.0:0")
}

func allocate(q question, u user) (*end, error) {
	conn, err := connect(q)
	if err != nil {
		return nil, err
	}
	server := fmt.Sprintf("%s:%d", q.Host, q.Port)
	client, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: server, TURNServerAddr: server, Conn: conn,
		Username: u.Username, Password: u.Password,
		LoggerFactory: logging.NewDefaultLoggerFactory(),
	})
	if err != nil {
		return nil, err
	}
	if err := client.Listen(); err != nil {
		return nil, err
	}
	relay, err := client.Allocate()
	if err != nil {
		client.Close()
		return nil, err
	}
	e := &end{client: client, relay: relay, heard: map[int]bool{}}
	go e.listen()
	return e, nil
}

func send(from, to *end, number int) error {
	packet := make([]byte, 100)
	binary.BigEndian.PutUint32(packet, uint32(number))
	_, err := from.relay.WriteTo(packet, to.relay.LocalAddr())
	return err
}

// Both sides send until both have heard: the first is not permitted yet.
func openPath(a, b *end, until time.Time) error {
	for !(a.has(0) && b.has(0)) {
		if time.Now().After(until) {
			return fmt.Errorf("nothing arrived")
		}
		if err := send(a, b, 0); err != nil {
			return err
		}
		if err := send(b, a, 0); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

func missing(e *end, count int) []int {
	list := []int{}
	for number := 1; number <= count; number++ {
		if !e.has(number) {
			list = append(list, number)
		}
	}
	return list
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/pion/turn/v5" {
			return module.Version[1:]
		}
	}
	return "?"
}

func run(q question, r *result) *failure {
	timed := func(step string, work func() error) *failure {
		begun := time.Now()
		err := work()
		r.Steps[step] = float64(time.Since(begun).Microseconds()) / 1000
		if err != nil {
			return &failure{step, err.Error()}
		}
		return nil
	}
	var ends []*end
	for _, u := range []user{q.A, q.B} {
		if failed := timed("allocate", func() error {
			e, err := allocate(q, u)
			ends = append(ends, e)
			return err
		}); failed != nil {
			return failed
		}
	}
	a, b := ends[0], ends[1]
	limit := time.Duration(q.TimeoutMS) * time.Millisecond
	if failed := timed("open", func() error { return openPath(a, b, time.Now().Add(limit)) }); failed != nil {
		return failed
	}
	for r.Sent = 1; r.Sent <= q.Count; r.Sent++ {
		if err := send(a, b, r.Sent); err != nil {
			return &failure{"exchange", err.Error()}
		}
		if err := send(b, a, r.Sent); err != nil {
			return &failure{"exchange", err.Error()}
		}
		time.Sleep(time.Duration(q.IntervalMS) * time.Millisecond)
	}
	r.Sent--
	time.Sleep(300 * time.Millisecond)
	r.Missing = [][]int{missing(b, q.Count), missing(a, q.Count)}
	return timed("close", func() error {
		for _, e := range ends {
			if err := e.relay.Close(); err != nil {
				return err
			}
			e.client.Close()
		}
		return nil
	})
}

func main() {
	var q question
	if err := json.Unmarshal([]byte(os.Args[1]), &q); err != nil {
		panic(err)
	}
	r := result{Version: version(), Steps: map[string]float64{}}
	r.Error = run(q, &r)
	line, _ := json.Marshal(r)
	fmt.Println(string(line))
}
