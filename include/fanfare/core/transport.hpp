/// Transport: one client's protocol conversation, without I/O: what it says when it opens, beats and
/// ends, and which Format its events have. SSE, WebSocket and long-poll are built in; a host can write its own.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>
#include <fanfare/core/format.hpp>
#include <fanfare/core/position.hpp>
#include <fanfare/core/request.hpp>
#include <fanfare/core/response.hpp>
#include <fanfare/core/topic.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare {

/// Why a stream ends, as its transport tells the client.
struct Goodbye {
  std::error_code why = {};                 ///< none: its topics have ended and everything was delivered
  std::chrono::milliseconds come_back{0};   ///< when draining: wait about this long before reconnecting
};

/// What a client asks for while its stream runs.
struct Wanted {
  std::vector<std::string> topics = {};  ///< in addition to those that it has
  std::string since = {};                ///< the position to resume the new topics from
  std::vector<std::string> types = {};   ///< of the whole stream from now on; empty: as before
  double max_rate = 0;                   ///< of the whole stream from now on; 0: as before
  std::string ref = {};                  ///< the client's own mark, given back in Subscribed
};

/// What became of it.
struct Subscribed {
  std::vector<std::string> topics = {};   ///< those that are watched now, of the ones asked for
  std::vector<std::string> unknown = {};  ///< not there, or expired
  std::vector<std::string> refused = {};  ///< not admitted
  std::error_code error = {};             ///< the whole request failed; nothing has changed
  std::string detail = {};                ///< for the client to read
  std::string ref = {};
};

/// What a transport may do with what its client sent. Valid during `receive` only.
class Intake {
 public:
  virtual ~Intake() = default;
  /// Bytes for this client, sent between two events.
  virtual void reply(std::string_view bytes) = 0;
  /// Asks the host's admission about the stream's topics and these; Transport::subscribed tells the outcome,
  /// now or later.
  virtual void subscribe(Wanted wanted) = 0;
  /// @return  whether it was watched
  virtual bool unsubscribe(std::string_view topic) = 0;
  /// Refused unless the admission says `may_command`.
  virtual std::error_code command(Command command) = 0;
  virtual void end(Goodbye goodbye) = 0;
  /// For limits on how much a client may send.
  virtual SteadyTime now() const = 0;
};

/// What a transport that gathers puts into its answer.
struct Gathered {
  std::span<const Event> events;
  Position position;           ///< of who has them all; n is 0 when it is not certain what a state holds
  bool resumed = false;        ///< they follow the position that the client named, else they begin with snapshots
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
  /// Whether a bare integer from this client is a position: the seq of its only topic.
  virtual bool accepts_seq() const noexcept { return false; }
  /// What was sent to this client of the format's images, for streams that end with a checksum.
  virtual void sent(const wire::Checksum& what) { (void)what; }

  /// Who carries on in its place once it is open; null: itself. Of wrappers whose work that was.
  virtual std::unique_ptr<Transport> opened() { return nullptr; }
  /// Once they are open, transports of the same kind and format are interchangeable, so those who keep up share
  /// one. Null: it holds something of its client's.
  virtual const void* kind() const noexcept { return nullptr; }

  // Of transports whose clients talk, too.

  /// Bytes from the client; an error ends the stream with it. The default ignores them.
  virtual std::error_code receive(std::string_view bytes, Intake& intake) {
    (void)bytes, (void)intake;
    return {};
  }
  /// Appends the answer to Intake::subscribe, before any event of the topics.
  virtual void subscribed(const Subscribed& outcome, std::string& out) { (void)outcome, (void)out; }
  /// Whether it may open without a topic, since the client subscribes later.
  virtual bool subscribes_later() const noexcept { return false; }
  /// Whether the client has not answered the last beat: at the next one it is taken for dead.
  virtual bool silent() const noexcept { return false; }
  /// Whether, after `end`, nothing more is expected from the client.
  virtual bool concluded() const noexcept { return true; }

  // Of transports that answer once, with all events there are.

  /// How long to wait for the first event; none: a stream, whose bytes leave as they come.
  virtual std::optional<std::chrono::milliseconds> gathers_for() const noexcept { return std::nullopt; }
  /// Whether it answers with the state, whatever position the client names.
  virtual bool starts_anew() const noexcept { return false; }
  virtual Response answer(const Gathered& gathered) const {
    (void)gathered;
    return {};
  }

  /// For the library: the position up to which the client has everything, set before each beat and the end.
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
