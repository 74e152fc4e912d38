/// What the tests parse once instead of in every file: other people's headers. None of fanfare's, so that one
/// which needs an include more than it says is noticed.
#pragma once

#include "support/catch.hpp"

#include <fanfare/config.hpp>

#if FANFARE_HEADER_ONLY
#include <fmt/compile.h>
#include <fmt/format.h>
#include <simdjson.h>
#if FANFARE_WITH_SERVER
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#endif
#endif
