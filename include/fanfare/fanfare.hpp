/// Everything. A file that only publishes compiles faster with <fanfare/core/broker.hpp> and
/// <fanfare/progress/job.hpp> alone. In compiled mode it includes no Asio: for that there is <fanfare/asio.hpp>.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/error.hpp>
#include <fanfare/fwd.hpp>
#include <fanfare/version.hpp>

#include <fanfare/core/admission.hpp>
#include <fanfare/core/backplane.hpp>
#include <fanfare/core/broker.hpp>
#include <fanfare/core/burst.hpp>
#include <fanfare/core/clock.hpp>
#include <fanfare/core/delivery.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/event.hpp>
#include <fanfare/core/format.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/core/limits.hpp>
#include <fanfare/core/loop.hpp>
#include <fanfare/core/metrics.hpp>
#include <fanfare/core/payload.hpp>
#include <fanfare/core/position.hpp>
#include <fanfare/core/request.hpp>
#include <fanfare/core/response.hpp>
#include <fanfare/core/result.hpp>
#include <fanfare/core/shard.hpp>
#include <fanfare/core/state.hpp>
#include <fanfare/core/subscription.hpp>
#include <fanfare/core/topic.hpp>
#include <fanfare/core/transport.hpp>
#include <fanfare/core/wall_time.hpp>

#include <fanfare/progress/job.hpp>
#include <fanfare/progress/job_state.hpp>
#include <fanfare/progress/stages.hpp>
#include <fanfare/progress/throttle.hpp>

#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/stream.hpp>
#include <fanfare/transport/websocket.hpp>

#if FANFARE_WITH_CLIENT
#include <fanfare/client/client.hpp>
#endif

#if FANFARE_WITH_SERVER
#include <fanfare/server/server.hpp>
#endif
