/// The one public header with Asio in it: runs a server or a client on the host's io_context.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/loop.hpp>
#if FANFARE_WITH_SERVER
#include <fanfare/server/server.hpp>
#endif

#if FANFARE_WITH_CLIENT
#include <fanfare/client/client.hpp>
#endif

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <memory>
#include <system_error>
#include <utility>

namespace fanfare {

/// `Server server(broker, {.loop = fanfare::on(io)});` The context must outlast the server or client
/// and be run by one thread at a time.
inline Loop on(asio::io_context& io) noexcept { return Loop(&io); }

#if FANFARE_WITH_CLIENT
/// The next event of a client that has no handlers of events; start it before or after. One at a time, else
/// operation_in_progress.
///
///     for (;;) {
///       fanfare::Event event = co_await fanfare::async_next(client, asio::use_awaitable);
///       ...
///
/// Completes with (std::error_code, Event), on the handler's executor: topic_finished when the topics have ended,
/// operation_canceled after Client::stop, else why the client gave up. What was read before comes first.
/// An event counts as handled, for Client::position and `save`, when the next one is asked for. While `max_queued_events`
/// wait the client reads nothing, so the server has to. Cancelling is Client::stop.
/// Lifetime: the client must outlast it; ~Client completes it.
template <class CompletionToken>
auto async_next(Client& client, CompletionToken&& token) {
  auto initiate = [](auto handler, Client* from) {
    auto executor = asio::get_associated_executor(handler);
    auto work = asio::make_work_guard(executor);  // whoever waits keeps its loop running
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    from->next([shared, executor, work](std::error_code error, Event event) {
      asio::post(executor, [shared, error, event = std::move(event)]() mutable {
        std::move(*shared)(error, std::move(event));
      });
    });
  };
  return asio::async_initiate<CompletionToken, void(std::error_code, Event)>(std::move(initiate), token, &client);
}
#endif

}  // namespace fanfare
