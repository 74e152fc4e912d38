/// ConnectionInfo: one stream of a server's, as Server::connections() saw it.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/wall_time.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace fanfare {

/// Described, so Response::json(server.connections()) is a list of them. Thread: a value.
struct ConnectionInfo {
  std::string id = {};       ///< Request::id of the request that opened it
  std::string peer = {};     ///< the client's address, Request::peer
  std::string session = {};  ///< what follows "session:" in the first audience tag that begins so; else empty
  std::string path = {};     ///< asked for, still percent-encoded; without the query, which may hold secrets
  std::string transport = {};  ///< "sse", "websocket", "poll"; of a transport of the host's, its content type
  WallTime created{};
  /// The last one of events or heartbeats that the socket took; of who is behind, at most one heartbeat's
  /// interval too late.
  WallTime last_write{};
  std::vector<std::string> topics = {};
  std::vector<std::string> types = {};     ///< the filter; empty: all
  std::vector<std::string> audience = {};  ///< the tags that it carries
  /// Events that its topics retain and it has not got. At most: those that it will skip, since a filter hides
  /// them or a newer one replaced them, are counted as well. 0 for who keeps up.
  std::uint64_t queue_depth = 0;
  bool behind = false;  ///< the server waits for the peer to take what was sent
};

FANFARE_DESCRIBE(ConnectionInfo, id, peer, session, path, transport, created, last_write, topics, types,
                 audience, queue_depth, behind);

}  // namespace fanfare
