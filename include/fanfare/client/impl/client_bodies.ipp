/// The bodies of client/, after all of its declarations, as core/impl/core.ipp. Reached from client.hpp.
#pragma once

#include <fanfare/core/impl/core.ipp>

#include <fanfare/client/impl/asio_connection.ipp>
#include <fanfare/client/impl/asio_network.ipp>
#include <fanfare/client/impl/backoff.ipp>
#include <fanfare/client/impl/client.ipp>
#include <fanfare/client/impl/client_core.ipp>
#include <fanfare/client/impl/client_request.ipp>
#include <fanfare/client/impl/client_shell.ipp>
#include <fanfare/client/impl/incoming.ipp>
#include <fanfare/client/impl/poll_receiver.ipp>
#include <fanfare/client/impl/sse_receiver.ipp>
#include <fanfare/client/impl/tls_context.ipp>
#include <fanfare/client/impl/verdict.ipp>
#include <fanfare/client/impl/websocket_receiver.ipp>
