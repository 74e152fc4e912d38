/// The messages of the subprotocol fanfare.v1 besides the events (docs/websocket.md): what a client may say,
/// and what it is told.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/transport.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare::detail {

/// What a client says. What its type does not need is ignored.
struct ClientMessage {
  std::string type = {};                 ///< subscribe, unsubscribe, ping, cancel, answer, command
  std::string ref = {};                  ///< the client's own mark, given back in the answer
  std::vector<std::string> topics = {};  ///< subscribe, unsubscribe
  std::string since = {};                ///< subscribe
  std::vector<std::string> types = {};   ///< subscribe
  double max_rate = 0;                   ///< subscribe
  std::string topic = {};                ///< cancel, answer, command
  std::string prompt = {}, answer = {};  ///< answer
  std::string name = {};                 ///< command
  Json data = {};                        ///< command
};
FANFARE_DESCRIBE(ClientMessage, type, ref, topics, since, types, max_rate, topic, prompt, answer, name, data);

struct Hello {
  std::string_view connection;
  const std::vector<std::string>& topics;
  std::chrono::milliseconds heartbeat;
};

// Each appends one JSON text.
void append_hello(std::string& out, const Hello& hello);
void append_subscribed(std::string& out, const Subscribed& outcome);
void append_unsubscribed(std::string& out, const std::vector<std::string>& topics, std::string_view ref);
void append_accepted(std::string& out, std::string_view ref);
/// @param about  the topic concerned, or empty
void append_error(std::string& out, std::error_code error, std::string_view text, std::string_view about, std::string_view ref);
void append_goodbye(std::string& out, const Goodbye& goodbye, Position position);
inline constexpr std::string_view pong_message = "{\"type\":\"pong\"}";

/// A word for a client's program: malformed, not_found, refused, conflict, limit_exceeded, unavailable, failed.
std::string_view error_word(std::error_code error) noexcept;

}  // namespace fanfare::detail
