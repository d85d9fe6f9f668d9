/* Two agents of libnice that use relayed candidates alone (contract: ../README.md). */
#include "contract.h"

#include <nice/agent.h>

static const char *version = INTEROP_VERSION;

struct side {
  int index;
  NiceAgent *agent;
  guint stream;
  bool gathered, ready, closed;
};

static struct side sides[2];

static void on_gathered(NiceAgent *agent, guint stream, gpointer data) {
  (void)agent;
  (void)stream;
  ((struct side *)data)->gathered = true;
}

static void on_state(NiceAgent *agent, guint stream, guint component, guint state, gpointer data) {
  (void)agent;
  (void)stream;
  (void)component;
  if (state == NICE_COMPONENT_STATE_READY)
    ((struct side *)data)->ready = true;
}

static void on_data(NiceAgent *agent, guint stream, guint component, guint length, gchar *bytes, gpointer data) {
  (void)agent;
  (void)stream;
  (void)component;
  take_packet(((struct side *)data)->index, (const uint8_t *)bytes, length);
}

static void on_closed(GObject *object, GAsyncResult *result, gpointer data) {
  (void)object;
  (void)result;
  ((struct side *)data)->closed = true;
}

/* Runs the loop until `done` says so or the step is late. */
static bool run_until(bool (*done)(void)) {
  while (!done()) {
    if (late())
      return false;
    if (!g_main_context_iteration(NULL, FALSE))
      g_usleep(500);
  }
  return true;
}

static void run_for(int ms) {
  double end = now_ms() + ms;
  while (now_ms() < end) {
    if (!g_main_context_iteration(NULL, FALSE))
      g_usleep(500);
  }
}

static bool all_gathered(void) { return sides[0].gathered && sides[1].gathered; }
static bool all_ready(void) { return sides[0].ready && sides[1].ready; }
static bool all_closed(void) { return sides[0].closed && sides[1].closed; }

static void make(struct side *side, int index) {
  side->index = index;
  side->agent = nice_agent_new(NULL, NICE_COMPATIBILITY_RFC5245);
  g_object_set(side->agent, "force-relay", TRUE, "ice-tcp", FALSE, "upnp", FALSE, "controlling-mode", index == 0, NULL);
  g_signal_connect(side->agent, "candidate-gathering-done", G_CALLBACK(on_gathered), side);
  g_signal_connect(side->agent, "component-state-changed", G_CALLBACK(on_state), side);
  side->stream = nice_agent_add_stream(side->agent, 1);
  /* It keeps to the interface of a local address, and the relay is on loopback. */
  NiceAddress *local = nice_address_new();
  nice_address_set_from_string(local, ask.host);
  nice_agent_add_local_address(side->agent, local);
  nice_address_free(local);
  nice_agent_set_relay_info(side->agent, side->stream, 1, ask.host, ask.port, ask.users[index].username,
                            ask.users[index].password, tcp() ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP);
  nice_agent_attach_recv(side->agent, side->stream, 1, NULL, on_data, side);
  nice_agent_gather_candidates(side->agent, side->stream);
}

static GSList *relayed(struct side *side) {
  GSList *all = nice_agent_get_local_candidates(side->agent, side->stream, 1);
  GSList *list = NULL;
  for (GSList *item = all; item; item = item->next) {
    NiceCandidate *candidate = item->data;
    if (candidate->type == NICE_CANDIDATE_TYPE_RELAYED)
      list = g_slist_append(list, candidate);
  }
  return list;
}

static void introduce(struct side *from, struct side *to) {
  gchar *ufrag, *password;
  nice_agent_get_local_credentials(from->agent, from->stream, &ufrag, &password);
  nice_agent_set_remote_credentials(to->agent, to->stream, ufrag, password);
  nice_agent_set_remote_candidates(to->agent, to->stream, 1, relayed(from));
}

static void send_both(uint32_t number) {
  uint8_t packet[packet_size];
  make_packet(packet, number);
  for (int i = 0; i < 2; i++)
    nice_agent_send(sides[i].agent, sides[i].stream, 1, packet_size, (gchar *)packet);
}

int main(int argc, char **argv) {
  read_ask(argc, argv);
  begin_step();
  for (int i = 0; i < 2; i++)
    make(&sides[i], i);
  bool gathered = run_until(all_gathered);
  end_step("allocate");
  if (!gathered || !relayed(&sides[0]) || !relayed(&sides[1]))
    finish(version, "allocate", "no relayed candidate");
  begin_step();
  introduce(&sides[0], &sides[1]);
  introduce(&sides[1], &sides[0]);
  if (!run_until(all_ready))
    finish(version, "open", "not connected");
  while (!(heard[0][0] && heard[1][0])) {
    if (late())
      finish(version, "open", "nothing arrives");
    send_both(0);
    run_for(20);
  }
  end_step("open");
  for (int number = 1; number <= ask.count; number++) {
    send_both(number);
    run_for(ask.interval_ms);
  }
  run_for(300);
  begin_step();
  for (int i = 0; i < 2; i++)
    nice_agent_close_async(sides[i].agent, on_closed, &sides[i]);
  if (!run_until(all_closed))
    finish(version, "close", "not closed");
  end_step("close");
  finish(version, NULL, NULL);
}
