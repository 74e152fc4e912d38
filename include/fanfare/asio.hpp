/// The one public header with Asio in it: runs a server on the host's io_context.
#pragma once

#include <fanfare/server/server.hpp>

#include <asio/io_context.hpp>

namespace fanfare {

/// `Server server(broker, {.loop = fanfare::on(io)});` The context must outlast the server and be run by
/// one thread at a time.
inline Loop on(asio::io_context& io) noexcept { return Loop(&io); }

}  // namespace fanfare
