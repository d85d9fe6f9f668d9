#pragma once
// A blocking WebSocket client (RFC 6455) that can also misbehave.

#include "http/support/caller.hpp"
#include "http/support/raw_client.hpp"

#include <optional>

namespace catchup::test {

class ws_client {
public:
  enum opcode : unsigned { text = 1, binary = 2, close_frame = 8, ping_frame = 9, pong_frame = 10 };

  struct frame {
    unsigned op = 0; ///< 0: the connection ended
    std::string data;
  };

  explicit ws_client(std::uint16_t port, const std::string& origin = "http://localhost",
                     const std::string& headers = "")
    : raw_(port) {
    raw_.send("GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
              "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              "Sec-WebSocket-Protocol: catchup.v1\r\nOrigin: " +
              origin + "\r\n" + headers + "\r\n");
    upgrade_ = raw_.receive();
  }

  const answer& upgrade() const { return upgrade_; }
  raw_client& raw() { return raw_; }

  bool send_frame(unsigned op, std::string_view payload, bool final = true) {
    std::string out;
    out += static_cast<char>((final ? 0x80 : 0) | op);
    if (payload.size() < 126) {
      out += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() < 65536) {
      out += static_cast<char>(0x80 | 126);
      out += static_cast<char>(payload.size() >> 8);
      out += static_cast<char>(payload.size() & 0xff);
    } else {
      out += static_cast<char>(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8)
        out += static_cast<char>((payload.size() >> shift) & 0xff);
    }
    out.append(4, '\0'); // a mask of zeros changes nothing
    out += payload;
    return raw_.send(out);
  }
  bool send(std::string_view message) { return send_frame(binary, message); }

  frame receive_frame() {
    auto head = raw_.take(2);
    if (head.size() < 2)
      return {};
    auto op = static_cast<unsigned>(head[0]) & 15;
    std::size_t size = static_cast<unsigned char>(head[1]) & 127;
    if (size >= 126) {
      auto more = raw_.take(size == 126 ? 2 : 8);
      size = 0;
      for (unsigned char c : more)
        size = (size << 8) | c;
    }
    auto data = raw_.take(size);
    return {op, data};
  }

  /// The next message; control frames are answered or skipped. Empty at the end.
  server_message receive() {
    for (;;) {
      auto f = receive_frame();
      if (f.op == binary)
        return server_message{f.data};
      if (f.op == ping_frame)
        send_frame(pong_frame, f.data);
      if (f.op == 0 || f.op == close_frame) {
        close_code_ = f.data.size() >= 2 ? (static_cast<unsigned char>(f.data[0]) << 8) |
                                               static_cast<unsigned char>(f.data[1])
                                         : 0;
        if (f.op == close_frame)
          send_frame(close_frame, f.data);
        return {};
      }
    }
  }

  /// Reads until a message of this kind; an empty one when the connection ends.
  server_message receive(std::string_view t) {
    for (;;) {
      auto m = receive();
      if (!m || m.t() == t)
        return m;
    }
  }

  int close_code() const { return close_code_; }

  /// Hello, challenge, admit; the `welcome` or `error`.
  server_message enter(const caller& who) {
    send(who.hello());
    auto challenge = receive();
    if (challenge.t() != "challenge")
      return challenge;
    send(who.admit(challenge.text("nonce")));
    return receive();
  }

private:
  raw_client raw_;
  answer upgrade_;
  int close_code_ = 0;
};

} // namespace catchup::test
