/// The bodies of transport/, after all of its declarations.
#pragma once

#include <fanfare/core/impl/core.ipp>

#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/opening.hpp>
#include <fanfare/transport/poll.hpp>
#include <fanfare/transport/stream.hpp>
#include <fanfare/transport/stream_core.hpp>

#include <fanfare/transport/impl/compression.ipp>
#include <fanfare/transport/impl/http1.ipp>
#include <fanfare/transport/impl/long_poll.ipp>
#include <fanfare/transport/impl/opening.ipp>
#include <fanfare/transport/impl/poll.ipp>
#include <fanfare/transport/impl/sse.ipp>
#include <fanfare/transport/impl/sse_format.ipp>
#include <fanfare/transport/impl/stream.ipp>
#include <fanfare/transport/impl/stream_core.ipp>
#include <fanfare/transport/impl/stream_intake.ipp>
#include <fanfare/transport/impl/stream_member.ipp>
#include <fanfare/transport/impl/websocket.ipp>
#include <fanfare/transport/impl/websocket_format.ipp>
#include <fanfare/transport/impl/websocket_messages.ipp>
