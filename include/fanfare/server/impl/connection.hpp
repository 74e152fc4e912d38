/// Connection: one client's socket: reads requests, writes answers, carries at most one stream.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/server/impl/connection_card.hpp>
#include <fanfare/server/impl/server_shard.hpp>
#include <fanfare/server/impl/upload_receiver.hpp>
#include <fanfare/transport/poll.hpp>
#include <fanfare/transport/stream_core.hpp>
#include <fanfare/wire/http_chunked.hpp>
#include <fanfare/wire/http_request_head.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Thread: its shard's loop. Lifetime: the shard's set holds it, and each handler under way does.
class Connection final : public std::enable_shared_from_this<Connection>,
                         private WheelEntry,
                         private SocketOwner,
                         private Sink {
 public:
  /// @param place  of the peer's address; empty for a proxy, whose clients have theirs
  Connection(std::shared_ptr<ServerShard> shard, ConnectionSocket socket, const IpAddress& peer, AddressLimits::Place place);
  FANFARE_DECL ~Connection() override;

  void start();
  /// Closes the socket; handlers under way find it closed.
  void close();
  bool streaming() const noexcept { return stream_.has_value(); }
  /// Where the shard's list has it; the shard's to set.
  std::size_t slot() const noexcept { return slot_; }
  void set_slot(std::size_t slot) noexcept { slot_ = static_cast<std::uint32_t>(slot); }
  /// Appends a row for its stream, if it has one.
  void list(Census::Rows& rows) const;
  /// Ends the stream, or the connection when it has none.
  void say_goodbye(Goodbye goodbye);

 private:
  /// Where the connection is between two requests.
  enum class Stage : std::uint8_t { idle, head, body, deciding, polling, answering, streaming, lingering, closed };

  /// What a request needs while it is read and decided; an idle or streaming connection has none.
  struct Exchange {
    wire::HttpRequestHeadParser parser;
    wire::HttpRequestHead head;
    Request request;
    Router::Match match;
    std::optional<wire::HttpChunkedDecoder> chunks;
    std::uint64_t number = 0;  // of the request
    std::uint64_t body_left = 0;
    std::size_t max_body_bytes = 0;
    std::unique_ptr<UploadReceiver> upload;  // instead of request.body, chunks and body_left
    explicit Exchange(const wire::HeadLimits& limits) : parser(limits) {}
  };

  struct Buffers;

  // reading (impl/connection_reading.ipp)
  void wait_readable();
  FANFARE_DECL void on_readable() override;
  void consume(std::string_view bytes);
  bool consume_head(std::string_view& bytes);
  bool consume_body(std::string_view& bytes);
  bool consume_upload(std::string_view& bytes);
  void discard(std::size_t bytes);
  bool listening() const noexcept;
  void on_head();
  void begin_body();

  // deciding (impl/connection_deciding.ipp)
  void route();
  void on_request();
  void call_handler(const Route& route);
  void open_stream_for(const Route& route);
  void decide(const Route& route, Request request, Reply<Admission> reply);
  void on_admission(const Route& route, Request request, std::optional<Admission> admission);
  bool refuse_origin();
  template <class T, class Then>
  Reply<T> reply_to(Then then);

  Buffers& buffers();

  // writing (impl/connection_writing.ipp)
  void answer(Response response);
  void add_date(Response& response) const;
  void refuse(int status, std::string_view reason);
  void send_answer(std::string bytes);
  void continue_answer();
  void after_answer();
  void linger();

  // streaming (impl/connection_streaming.ipp)
  void start_stream(const Route& route, Request& request, Admission admission);
  bool has_room(const Request& request, const Opening& opening);
  void start_poll(const Route& route, Opening opening);
  // Sink
  FANFARE_DECL std::size_t send(std::span<const std::string_view> pieces) noexcept override;
  FANFARE_DECL std::size_t send(std::string_view bytes) noexcept override;
  FANFARE_DECL void wait_writable() override;
  FANFARE_DECL void on_finished() override;
  FANFARE_DECL void on_gone() override;
  FANFARE_DECL void admit(std::vector<std::string> topics, const Wanted& wanted) override;
  FANFARE_DECL std::error_code command(const Command& command) override;
  FANFARE_DECL void on_writable() override;

  // SocketOwner
  std::shared_ptr<SocketOwner> hold() override { return {shared_from_this(), static_cast<SocketOwner*>(this)}; }
  FANFARE_DECL void on_edge(bool readable, bool writable) override;
  FANFARE_DECL void post_readable() override;

  FANFARE_DECL void on_deadline() override;

  ConnectionSocket socket_;  // first, beside the Sink: a delivery touches these two and nothing else of it
  const std::shared_ptr<ServerShard> shard_;
  const IpAddress peer_;
  Stage stage_ = Stage::idle;
  bool close_after_ = false;       // the answer under way is the last
  bool head_only_ = false;
  bool upgraded_ = false;          // the stream's client talks, too
  bool wrote_ = false;             // since it began to wait for the peer
  std::uint32_t discarded_ = 0;    // bytes of input that nobody asked for
  std::uint32_t slot_ = 0;
  std::unique_ptr<Exchange> exchange_;
  /// None while it only waits, or streams.
  struct Buffers {
    std::string pipelined;  // input after the request at hand
    std::string out;        // the answer, sent up to out_sent
    std::size_t out_sent = 0;
  };
  std::unique_ptr<Buffers> buffers_;
  std::unique_ptr<Poll> poll_;     // of a request that waits for its answer
  // In here rather than apart, since the many that idle are streams.
  std::optional<StreamCore> stream_;
  std::optional<ConnectionCard> card_;  // of the stream, from before it starts
  AddressLimits::Place place_;
  /// What the stream was asked for with; kept where its client may ask for more.
  struct Asked {
    const Route& route;
    Request request;
  };
  std::unique_ptr<Asked> asked_;
  std::uint64_t turn_ = 0;         // of the request at hand; a late reply to an earlier one is dropped
};

}  // namespace fanfare::detail
