/// Transport: one client's protocol conversation, without I/O: what it says when it opens, beats and
/// ends, and which Format its events have. SSE is built in; a host can write its own.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/format.hpp>
#include <fanfare/core/position.hpp>
#include <fanfare/core/request.hpp>
#include <fanfare/core/response.hpp>
#include <fanfare/core/topic.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace fanfare {

/// Why a stream ends, as its transport tells the client.
struct Goodbye {
  std::error_code why = {};                 ///< none: its topics have ended and everything was delivered
  std::chrono::milliseconds come_back{0};   ///< when draining: wait about this long before reconnecting
};

/// What a transport may do with what its client sent. Valid during `receive` only.
class Intake {
 public:
  virtual ~Intake() = default;
  /// Bytes for this client, sent between two events.
  virtual void reply(std::string_view bytes) = 0;
  virtual void subscribe(std::string topic, std::string since) = 0;
  virtual void unsubscribe(std::string_view topic) = 0;
  /// Refused unless the admission says `may_command`.
  virtual std::error_code command(Command command) = 0;
  virtual void end(Goodbye goodbye) = 0;
};

/// Thread: that of its stream, one call at a time.
class Transport {
 public:
  virtual ~Transport() = default;

  /// The answer that opens the stream; any status but 200 and 101 is the whole answer.
  virtual Response head() const = 0;
  virtual const Format& format() const noexcept = 0;

  /// Appends what follows the head. `sent` is the head as it went out.
  virtual void open(const Response& sent, std::string& out) { (void)sent, (void)out; }
  /// Appends a sign of life, after `beat_interval` without other bytes.
  virtual void beat(std::string& out) { (void)out; }
  /// Appends the last bytes.
  virtual void end(Goodbye goodbye, std::string& out) { (void)goodbye, (void)out; }
  /// 0: no beats.
  virtual std::chrono::milliseconds beat_interval() const noexcept { return std::chrono::seconds(15); }
  /// Bytes from the client; an error ends the stream with it. The default ignores them.
  virtual std::error_code receive(std::string_view bytes, Intake& intake) {
    (void)bytes, (void)intake;
    return {};
  }
  /// Whether a bare integer from this client is a position: the seq of its only topic.
  virtual bool accepts_seq() const noexcept { return false; }

  /// For the library: the position up to which the client has everything, set before each beat.
  void set_position(Position position) noexcept { position_ = position; }

 protected:
  Position position() const noexcept { return position_; }

 private:
  Position position_;
};

/// Makes a transport for a request, or null: not for me, the next one is asked. `request.topics` holds
/// the admitted topics. Thread: any shard's, several at once.
using TransportFactory = std::function<std::unique_ptr<Transport>(const Request&)>;

}  // namespace fanfare
