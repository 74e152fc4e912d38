// Boost.Beast: WebSocket sessions as in its example chat-multi (a queue of shared strings, a post for each
// send); SSE as a chunked response written from a queue of the same kind. One thread.
#include "../servers/feed.hpp"

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
namespace net = boost::asio;
using tcp = net::ip::tcp;
using Message = std::shared_ptr<std::string const>;

struct Subscriber : std::enable_shared_from_this<Subscriber> {
  virtual ~Subscriber() = default;
  virtual void send(Message const& message) = 0;
};
// One thread, so plain globals do.
std::unordered_set<Subscriber*> websocket_subscribers, sse_subscribers;

void broadcast(std::unordered_set<Subscriber*>& set, std::string m) {
  auto const message = std::make_shared<std::string const>(std::move(m));
  std::vector<std::weak_ptr<Subscriber>> v;
  v.reserve(set.size());
  for (auto p : set) v.emplace_back(p->weak_from_this());
  for (auto const& wp : v)
    if (auto sp = wp.lock()) sp->send(message);
}

struct WebSocketSession : Subscriber {
  beast::flat_buffer buffer_;
  websocket::stream<beast::tcp_stream> ws_;
  std::vector<Message> queue_;
  explicit WebSocketSession(tcp::socket&& s) : ws_(std::move(s)) {}
  ~WebSocketSession() { websocket_subscribers.erase(this); }
  std::shared_ptr<WebSocketSession> self() {
    return std::static_pointer_cast<WebSocketSession>(shared_from_this());
  }
  template <class B, class A>
  void run(http::request<B, http::basic_fields<A>> req) {
    ws_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
    ws_.async_accept(req, beast::bind_front_handler(&WebSocketSession::on_accept, self()));
  }
  void on_accept(beast::error_code ec) {
    if (ec) return;
    websocket_subscribers.insert(this);
    ws_.text(true);
    ws_.async_read(buffer_, beast::bind_front_handler(&WebSocketSession::on_read, self()));
  }
  void on_read(beast::error_code ec, std::size_t) {
    if (ec) return;
    buffer_.consume(buffer_.size());
    ws_.async_read(buffer_, beast::bind_front_handler(&WebSocketSession::on_read, self()));
  }
  void send(Message const& message) override {
    net::post(ws_.get_executor(), beast::bind_front_handler(&WebSocketSession::on_send, self(), message));
  }
  void on_send(Message const& message) {
    queue_.push_back(message);
    if (queue_.size() > 1) return;
    ws_.async_write(net::buffer(*queue_.front()),
                    beast::bind_front_handler(&WebSocketSession::on_write, self()));
  }
  void on_write(beast::error_code ec, std::size_t) {
    if (ec) return;
    queue_.erase(queue_.begin());
    if (!queue_.empty())
      ws_.async_write(net::buffer(*queue_.front()),
                      beast::bind_front_handler(&WebSocketSession::on_write, self()));
  }
};

struct SseSession : Subscriber {
  beast::tcp_stream s_;
  beast::flat_buffer buffer_;
  http::response<http::empty_body> res_;
  std::unique_ptr<http::response_serializer<http::empty_body>> sr_;
  std::vector<Message> queue_;
  char junk_[64];
  explicit SseSession(tcp::socket&& s) : s_(std::move(s)) {}
  ~SseSession() { sse_subscribers.erase(this); }
  std::shared_ptr<SseSession> self() { return std::static_pointer_cast<SseSession>(shared_from_this()); }
  void run() {
    res_ = {http::status::ok, 11};
    res_.set(http::field::content_type, "text/event-stream");
    res_.set(http::field::cache_control, "no-cache");
    res_.chunked(true);
    sr_ = std::make_unique<http::response_serializer<http::empty_body>>(res_);
    http::async_write_header(s_, *sr_, [me = self()](beast::error_code ec, std::size_t) {
      if (ec) return;
      sse_subscribers.insert(me.get());
      me->watch();
    });
  }
  void watch() {
    s_.async_read_some(net::buffer(junk_), [me = self()](beast::error_code ec, std::size_t) {
      if (!ec) me->watch();
    });
  }
  void send(Message const& message) override {
    net::post(s_.get_executor(), beast::bind_front_handler(&SseSession::on_send, self(), message));
  }
  void on_send(Message const& message) {
    queue_.push_back(message);
    if (queue_.size() == 1) write();
  }
  void write() {
    net::async_write(s_, http::make_chunk(net::buffer(*queue_.front())),
                     [me = self()](beast::error_code ec, std::size_t) {
                       if (ec) return;
                       me->queue_.erase(me->queue_.begin());
                       if (!me->queue_.empty()) me->write();
                     });
  }
};

struct HttpSession : std::enable_shared_from_this<HttpSession> {
  beast::tcp_stream s_;
  beast::flat_buffer b_;
  http::request_parser<http::string_body> p_;
  explicit HttpSession(tcp::socket&& s) : s_(std::move(s)) {}
  void run() {
    s_.expires_after(std::chrono::seconds(30));
    http::async_read(s_, b_, p_, [me = shared_from_this()](beast::error_code ec, std::size_t) {
      if (ec) return;
      me->s_.expires_never();
      if (websocket::is_upgrade(me->p_.get()))
        std::make_shared<WebSocketSession>(me->s_.release_socket())->run(me->p_.release());
      else
        std::make_shared<SseSession>(me->s_.release_socket())->run();
    });
  }
};

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  bench::Feed feed(argv);
  net::io_context ioc{1};
  tcp::acceptor acc{
      ioc, {net::ip::make_address("127.0.0.1"), static_cast<unsigned short>(atoi(argv[1]))}, true};
  acc.listen(4096);
  std::function<void()> accept = [&] {
    acc.async_accept([&](beast::error_code ec, tcp::socket s) {
      if (!ec) {
        s.set_option(tcp::no_delay(true));
        std::make_shared<HttpSession>(std::move(s))->run();
      }
      accept();
    });
  };
  accept();
  net::steady_timer t{ioc};
  auto iv = std::chrono::milliseconds(feed.interval_ms());
  std::function<void()> tick = [&] {
    t.expires_after(iv);
    t.async_wait([&](beast::error_code) {
      for (auto m = feed.due(!websocket_subscribers.empty() || !sse_subscribers.empty()); m; m--) {
        auto p = feed.payload();
        if (!websocket_subscribers.empty()) broadcast(websocket_subscribers, p);
        if (!sse_subscribers.empty()) broadcast(sse_subscribers, feed.sse(p));
      }
      tick();
    });
  };
  tick();
  ioc.run();
}
