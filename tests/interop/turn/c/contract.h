/* Code that the drivers in C share: the question, times, numbered packets, the one line. */
#pragma once

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { max_packets = 4096, packet_size = 100 };

struct user {
  char username[256];
  char password[256];
};

struct ask {
  char host[64];
  char transport[8];
  int port, count, interval_ms, timeout_ms;
  struct user users[2]; /* a, b */
};

static struct ask ask;
static bool heard[2][max_packets]; /* by a and by b; number 0 opens the path */
static char steps[512];
static double step_begun;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* Finds the value behind `"key":` from `at` on. The runner writes JSON without blanks. */
static const char *behind(const char *at, const char *key) {
  char wanted[64];
  snprintf(wanted, sizeof wanted, "\"%s\":", key);
  const char *found = strstr(at, wanted);
  if (!found) {
    fprintf(stderr, "no %s\n", key);
    exit(2);
  }
  return found + strlen(wanted);
}

static void read_text(const char *at, const char *key, char *out, size_t size) {
  const char *from = behind(at, key) + 1;
  size_t length = strcspn(from, "\"");
  if (length >= size)
    exit(2);
  memcpy(out, from, length);
  out[length] = 0;
}

static void read_ask(int argc, char **argv) {
  if (argc != 2)
    exit(2);
  read_text(argv[1], "host", ask.host, sizeof ask.host);
  read_text(argv[1], "transport", ask.transport, sizeof ask.transport);
  ask.port = atoi(behind(argv[1], "port"));
  ask.count = atoi(behind(argv[1], "count"));
  ask.interval_ms = atoi(behind(argv[1], "interval_ms"));
  ask.timeout_ms = atoi(behind(argv[1], "timeout_ms"));
  if (ask.count >= max_packets)
    exit(2);
  for (int i = 0; i < 2; i++) {
    const char *at = behind(argv[1], i == 0 ? "a" : "b");
    read_text(at, "username", ask.users[i].username, sizeof ask.users[i].username);
    read_text(at, "password", ask.users[i].password, sizeof ask.users[i].password);
  }
}

static bool tcp(void) { return strcmp(ask.transport, "tcp") == 0; }

static void begin_step(void) { step_begun = now_ms(); }

static bool late(void) { return now_ms() - step_begun > ask.timeout_ms; }

static void end_step(const char *name) {
  size_t used = strlen(steps);
  snprintf(steps + used, sizeof steps - used, "%s\"%s\":%.3f", used ? "," : "", name, now_ms() - step_begun);
}

static void make_packet(uint8_t *packet, uint32_t number) {
  uint32_t n = htonl(number);
  memset(packet, 0, packet_size);
  memcpy(packet, &n, 4);
}

static void take_packet(int side, const uint8_t *bytes, size_t length) {
  uint32_t number;
  if (length < 4)
    return;
  memcpy(&number, bytes, 4);
  number = ntohl(number);
  if (number < max_packets)
    heard[side][number] = true;
}

static void print_missing(int side) {
  bool first = true;
  putchar('[');
  for (int i = 1; i <= ask.count; i++) {
    if (heard[side][i])
      continue;
    printf("%s%d", first ? "" : ",", i);
    first = false;
  }
  putchar(']');
}

/* Ends the program with its line; `step` is null when all went well. */
static void finish(const char *version, const char *step, const char *text) {
  printf("{\"version\":\"%s\",\"steps\":{%s},\"sent\":%d,\"missing\":[", version, steps, ask.count);
  print_missing(1);
  putchar(',');
  print_missing(0);
  printf("],\"error\":");
  if (step)
    printf("{\"step\":\"%s\",\"text\":\"%s\"}}\n", step, text);
  else
    printf("null}\n");
  fflush(stdout);
  _Exit(0);
}
