/// Server: the built-in HTTP/1.1 front: streams on paths, small request handlers, static files. Optional:
/// a host with a server of its own uses Stream. Runs in threads of its own, or on the host's io_context
/// (fanfare/asio.hpp).
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/admission.hpp>
#include <fanfare/core/broker.hpp>
#include <fanfare/core/loop.hpp>
#include <fanfare/server/connection_info.hpp>
#include <fanfare/transport/stream.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fanfare {
namespace detail {
class ServerCore;
}

/// Server's constructor throws std::invalid_argument for values out of range, with the option and the value.
struct ServerOptions {
  std::uint16_t port = 8080;           ///< 0: a free one; Server::port says which
  std::string address = "127.0.0.1";   ///< to listen on; "0.0.0.0" or "::" for all. Loopback unless you say so
  unsigned shards = 1;                 ///< event loops with a thread each, 1 to 64; ignored on a loop of the host's
  Loop loop = {};
  /// Linux: connections are bare descriptors in one epoll set for each loop, which saves some 400 bytes and some
  /// instructions each. false: Asio waits for each connection, as on other systems.
  bool bare_descriptors = FANFARE_BARE_DESCRIPTORS != 0;

  /// Origins besides the server's own that may open streams and send requests that change something, as
  /// "https://app.example", without a path; "*" for any. Others get 403.
  std::vector<std::string> origins = {};
  /// Host names that the server answers to, without port, against DNS rebinding; empty: any.
  std::vector<std::string> hosts = {};

  std::size_t max_connections = 10'000;        ///< in all, 1 at least; more get 503 and are closed
  /// Of one client, an IPv4 address or an IPv6 /64: its connections, or behind a trusted proxy its streams.
  /// More get 429 and are closed. 0, the default: no limit, for behind a proxy that was not declared all
  /// clients have one address. A browser opens six at most; an office behind one address some hundreds.
  std::size_t max_connections_per_address = 0;
  /// Proxies before this server, as addresses or prefixes: "127.0.0.1", "10.0.0.0/8", "2001:db8::/32". Of a
  /// request that comes from one, X-Forwarded-For says who the client is: its rightmost entry that is no
  /// trusted proxy. That is what Request::peer holds and what is limited; a proxy itself is not. They must
  /// append to that field, or set it, and never pass on what clients made up. None: nobody is believed.
  std::vector<std::string> trusted_proxies = {};

  /// After an event, how long to wait for more before it is delivered: fewer sends when publishers come in quick
  /// succession, for that much later events. 0 to 1 s. What one thread publishes at once needs none: see Burst.
  std::chrono::microseconds coalescing_window{0};

  std::size_t max_head_bytes = 16 << 10;       ///< of a request, 256 at least; more: 431
  std::size_t max_body_bytes = 1 << 20;        ///< of a request, unless its route says otherwise; more: 413
  // Each 1 ms to 24 h.
  std::chrono::milliseconds head_timeout = std::chrono::seconds(10);       ///< for a whole head; then 408
  std::chrono::milliseconds body_timeout = std::chrono::seconds(30);       ///< for a whole body, of uploads for each 16 KiB; then 408
  std::chrono::milliseconds keep_alive_timeout = std::chrono::seconds(60); ///< between requests
  std::chrono::milliseconds hook_timeout = std::chrono::seconds(30);       ///< for a Reply; then 503
  std::chrono::milliseconds stall_limit = std::chrono::seconds(30);        ///< without a successful write; then closed
};

struct StreamOptions {
  /// Who may watch what. None: the topics that the path and `?topic=` name, to everybody.
  Hook<Admission> admit = {};
  /// Asked in order for each request, so that one path serves them all; none: WebSocket for who asks to be
  /// upgraded, SSE, and long-poll for who accepts JSON only.
  std::vector<TransportFactory> transports = {};
  /// A browser that opens the path itself gets a page with bars instead of raw events.
  bool page = false;
};

struct BodyOptions {
  std::size_t max_bytes = 0;  ///< of the whole body; 0: ServerOptions::max_body_bytes. More: 413
  /// A folder. Not empty: the route takes forms with files, multipart/form-data (RFC 7578), and no other bodies
  /// (415). Each file goes to a new file in the folder as it comes, "upload-" and 26 random characters, readable by
  /// this user alone; Request::uploads names them, and Request::form has the other fields (64 KiB in all).
  /// Whatever becomes of the request before its handler, the files go with it, as they do when the handler throws.
  /// Else they are the host's, to move or remove; so is what a crash leaves behind. Parts: at most 100. A full disk: 507.
  /// The loop waits for the disk, for at most 80 KiB at a time, which the system's cache mostly takes at once; where
  /// it does not (network file systems), give the server a shard more.
  std::string upload_dir = {};
};

/// Thread: any; routes before `start`. Hooks run on the server's loops and must not block them.
/// Lifetime: the Broker may go first; its streams end then. What hooks capture must last until ~Server.
class Server {
 public:
  /// Binds the address. Throws std::system_error (the port is taken, the address is not this machine's)
  /// and std::invalid_argument, with the option and its value in the text.
  explicit Server(Broker& broker, ServerOptions options = {});
  /// Its end is drain(1 s) and wait(). On a loop of the host's: stop(); call it on that loop's thread, or
  /// when the loop does not run any more.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Mounts a stream. A path has literal segments and {names}: "/jobs/{topic}/stream". {topic} names a
  /// topic, {topics} several, separated by commas, and so does `?topic=`: Request::topics has them, each
  /// once, at most 1024. Hooks see what any name matched with Request::param. Literal segments win over names.
  /// Throws std::logic_error: a path twice, a malformed path, after start().
  void stream(std::string path, StreamOptions options = {});
  void get(std::string path, Hook<Response> handler);
  /// Throws std::invalid_argument when the upload_dir is no folder, or when no file can be made in it.
  void post(std::string path, Hook<Response> handler, BodyOptions options = {});
  /// Serves the files below a folder, index.html for folders; never one outside of it, nor a dot file.
  /// Throws std::invalid_argument when it is no folder.
  void files(std::string path, std::string directory);

  /// Starts to accept. Throws std::system_error when there is no thread to be had; the server has stopped then.
  void start();
  /// Refuses newcomers with 503 and a jittered Retry-After, says goodbye to the streams spread evenly
  /// over the window, lets those that end by themselves end, and stops at its end. Returns at once.
  void drain(std::chrono::milliseconds window);
  /// Ends all streams and connections now. Returns at once.
  void stop();
  /// Returns once stopped, by `drain`, `stop` or never. Not on a loop's thread.
  void wait();

  std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:8080/"
  std::string url() const;

  /// The streams that are open, the oldest first. Each loop is asked and answers between two of its turns, so
  /// the list is no single instant's.
  /// Thread: any, hooks on the server's own loops included; not from a state's `apply`.
  /// Waits for loops that are busy, at most 1 s; of one that does not answer by then nothing is listed.
  /// Complexity: one row for each stream; a loop delivers nothing while it writes its rows.
  std::vector<ConnectionInfo> connections() const;

  /// Opens a stream as if the request had come in, for tests; needs no socket and no start().
  /// Waits for hooks that answer later. A path without a stream gives one whose head is 404.
  Stream open(Request request);

 private:
  std::shared_ptr<detail::ServerCore> core_;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/server/impl/server_bodies.ipp>
#endif
