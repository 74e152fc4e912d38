/// The bodies of server/, after all of its declarations.
#pragma once

#include <fanfare/transport/impl/transport.ipp>

#include <fanfare/server/impl/connection.hpp>
#include <fanfare/server/server.hpp>

#include <fanfare/server/impl/address_limits.ipp>
#include <fanfare/server/impl/census.ipp>
#include <fanfare/server/impl/client_address.ipp>
#include <fanfare/server/impl/connection.ipp>
#include <fanfare/server/impl/connection_card.ipp>
#include <fanfare/server/impl/connection_deciding.ipp>
#include <fanfare/server/impl/connection_reading.ipp>
#include <fanfare/server/impl/connection_socket.ipp>
#include <fanfare/server/impl/connection_streaming.ipp>
#include <fanfare/server/impl/epoll_set.ipp>
#include <fanfare/server/impl/connection_writing.ipp>
#include <fanfare/server/impl/ip_address.ipp>
#include <fanfare/server/impl/origin.ipp>
#include <fanfare/server/impl/page.ipp>
#include <fanfare/server/impl/router.ipp>
#include <fanfare/server/impl/server.ipp>
#include <fanfare/server/impl/server_core.ipp>
#include <fanfare/server/impl/server_options.ipp>
#include <fanfare/server/impl/server_shard.ipp>
#include <fanfare/server/impl/static_files.ipp>
#include <fanfare/server/impl/upload_file.ipp>
#include <fanfare/server/impl/upload_receiver.ipp>
