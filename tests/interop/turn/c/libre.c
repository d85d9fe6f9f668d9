/* Two TURN clients of libre talk to each other (contract: ../README.md). */
#include "contract.h"

#include <re.h>

static const char *version = INTEROP_VERSION;

enum { headroom = 64 };

struct side {
  int index;
  struct turnc *turn;
  struct udp_sock *udp;
  struct tcp_conn *tcp;
  struct mbuf *stream; /* what came over TCP and is no whole frame yet */
  struct sa server, relayed;
  bool permitted, bound;
};

static struct side sides[2];
static struct tmr timer;
static uint32_t next_number;

static void fail(const char *step, const char *text) { finish(version, step, text); }

static void send_one(struct side *side, uint32_t number) {
  uint8_t packet[packet_size];
  make_packet(packet, number);
  struct mbuf *mb = mbuf_alloc(headroom + packet_size);
  mb->pos = mb->end = headroom;
  mbuf_write_mem(mb, packet, packet_size);
  mb->pos = headroom;
  const struct sa *peer = &sides[1 - side->index].relayed;
  /* Over UDP the client sits below the socket and wraps what is sent to peers. */
  if (side->tcp)
    turnc_send(side->turn, peer, mb);
  else
    udp_send(side->udp, peer, mb);
  mem_deref(mb);
}

static void on_end(void *arg) {
  (void)arg;
  begin_step();
  for (int i = 0; i < 2; i++)
    sides[i].turn = mem_deref(sides[i].turn); /* sends Refresh with a lifetime of 0 */
  end_step("close");
  re_cancel();
}

static void on_exchange(void *arg) {
  (void)arg;
  if (next_number > (uint32_t)ask.count) {
    tmr_start(&timer, 300, on_end, NULL);
    return;
  }
  for (int i = 0; i < 2; i++)
    send_one(&sides[i], next_number);
  next_number++;
  tmr_start(&timer, ask.interval_ms, on_exchange, NULL);
}

static void on_open(void *arg) {
  (void)arg;
  if (heard[0][0] && heard[1][0]) {
    end_step("open");
    next_number = 1;
    on_exchange(NULL);
    return;
  }
  if (late())
    fail("open", "nothing arrives");
  for (int i = 0; i < 2; i++)
    send_one(&sides[i], 0);
  tmr_start(&timer, 20, on_open, NULL);
}

static void on_bound(void *arg) {
  ((struct side *)arg)->bound = true;
  if (sides[0].bound && sides[1].bound)
    on_open(NULL);
}

static void on_permitted(void *arg) {
  struct side *side = arg;
  side->permitted = true;
  if (turnc_add_chan(side->turn, &sides[1 - side->index].relayed, on_bound, side))
    fail("open", "turnc_add_chan");
}

static void on_turn(int err, uint16_t code, const char *reason, const struct sa *relayed, const struct sa *mapped,
                    const struct stun_msg *msg, void *arg) {
  (void)mapped;
  (void)msg;
  struct side *side = arg;
  if (err || code) {
    char text[128];
    snprintf(text, sizeof text, "%d %u %s", err, code, reason ? reason : "");
    fail(sa_isset(&side->relayed, SA_PORT) ? "open" : "allocate", text);
  }
  sa_cpy(&side->relayed, relayed);
  if (!sa_isset(&sides[0].relayed, SA_PORT) || !sa_isset(&sides[1].relayed, SA_PORT))
    return;
  tmr_cancel(&timer);
  end_step("allocate");
  begin_step();
  for (int i = 0; i < 2; i++) {
    if (turnc_add_perm(sides[i].turn, &sides[1 - i].relayed, on_permitted, &sides[i]))
      fail("open", "turnc_add_perm");
  }
}

static void on_late(void *arg) {
  (void)arg;
  fail("allocate", "timeout");
}

static void on_udp(const struct sa *from, struct mbuf *mb, void *arg) {
  struct side *side = arg;
  (void)from;
  take_packet(side->index, mbuf_buf(mb), mbuf_get_left(mb));
}

/* One frame from the relay: an answer, an indication or ChannelData. */
static void on_frame(struct side *side, struct mbuf *mb) {
  struct sa from = side->server;
  turnc_recv(side->turn, &from, mb);
  if (mbuf_get_left(mb))
    take_packet(side->index, mbuf_buf(mb), mbuf_get_left(mb));
}

static void on_tcp(struct mbuf *mb, void *arg) {
  struct side *side = arg;
  size_t at = side->stream->pos;
  side->stream->pos = side->stream->end;
  mbuf_write_mem(side->stream, mbuf_buf(mb), mbuf_get_left(mb));
  side->stream->pos = at;
  while (mbuf_get_left(side->stream) >= 4) {
    const uint8_t *head = mbuf_buf(side->stream);
    size_t length = head[2] << 8 | head[3];
    size_t size = head[0] < 4 ? 20 + length : 4 + length;
    size_t whole = (size + 3) & ~(size_t)3;
    if (mbuf_get_left(side->stream) < whole)
      break;
    struct mbuf *frame = mbuf_alloc(size);
    mbuf_write_mem(frame, head, size);
    frame->pos = 0;
    side->stream->pos += whole;
    on_frame(side, frame);
    mem_deref(frame);
  }
}

static void allocate(struct side *side, int proto, void *sock) {
  const struct user *user = &ask.users[side->index];
  if (turnc_alloc(&side->turn, NULL, proto, sock, 0, &side->server, user->username, user->password,
                  TURN_DEFAULT_LIFETIME, on_turn, side))
    fail("allocate", "turnc_alloc");
}

static void on_connected(void *arg) {
  struct side *side = arg;
  allocate(side, IPPROTO_TCP, side->tcp);
}

static void on_disconnected(int err, void *arg) {
  (void)err;
  (void)arg;
  fail("allocate", "the connection ended");
}

static void make(struct side *side, int index) {
  struct sa any;
  side->index = index;
  side->stream = mbuf_alloc(4096);
  sa_set_str(&side->server, ask.host, ask.port);
  sa_set_str(&any, "0.0.0.0", 0);
  sa_init(&side->relayed, AF_INET);
  if (tcp()) {
    if (tcp_connect(&side->tcp, &side->server, on_connected, on_tcp, on_disconnected, side))
      fail("allocate", "tcp_connect");
  } else {
    if (udp_listen(&side->udp, &any, on_udp, side))
      fail("allocate", "udp_listen");
    allocate(side, IPPROTO_UDP, side->udp);
  }
}

int main(int argc, char **argv) {
  read_ask(argc, argv);
  if (libre_init())
    return 1;
  begin_step();
  tmr_init(&timer);
  tmr_start(&timer, ask.timeout_ms, on_late, NULL);
  for (int i = 0; i < 2; i++)
    make(&sides[i], i);
  re_main(NULL);
  finish(version, NULL, NULL);
}
