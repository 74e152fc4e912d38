// The compiled mode: every body of the library, in one translation unit.
// A body that is missing here is noticed by the house rules.
#include <fanfare/config.hpp>

#if FANFARE_HEADER_ONLY
#error "fanfare.cpp belongs to the CMake target fanfare::compiled, which defines FANFARE_COMPILED"
#endif

#include <fanfare/impl/error.ipp>

#include <fanfare/wire/impl/base64.ipp>
#include <fanfare/wire/impl/checksum.ipp>
#include <fanfare/wire/impl/deflate.ipp>
#include <fanfare/wire/impl/http_chunked.ipp>
#include <fanfare/wire/impl/http_field.ipp>
#include <fanfare/wire/impl/http_request_head.ipp>
#include <fanfare/wire/impl/http_response_head.ipp>
#include <fanfare/wire/impl/http_response_parser.ipp>
#include <fanfare/wire/impl/json_writer.ipp>
#include <fanfare/wire/impl/multipart.ipp>
#include <fanfare/wire/impl/permessage_deflate.ipp>
#include <fanfare/wire/impl/sha1.ipp>
#include <fanfare/wire/impl/sse_encoder.ipp>
#include <fanfare/wire/impl/sse_parser.ipp>
#include <fanfare/wire/impl/uri.ipp>
#include <fanfare/wire/impl/url.ipp>
#include <fanfare/wire/impl/utf8.ipp>
#include <fanfare/wire/impl/utf8_validator.ipp>
#include <fanfare/wire/impl/websocket_client_handshake.ipp>
#include <fanfare/wire/impl/websocket_close.ipp>
#include <fanfare/wire/impl/websocket_extensions.ipp>
#include <fanfare/wire/impl/websocket_frame.ipp>
#include <fanfare/wire/impl/websocket_handshake.ipp>
#include <fanfare/wire/impl/websocket_mask.ipp>
#include <fanfare/wire/impl/websocket_reader.ipp>
#include <fanfare/wire/impl/websocket_writer.ipp>

#include <fanfare/core/describe/impl/decode.ipp>
#include <fanfare/core/describe/impl/encode.ipp>
#include <fanfare/core/fanout/impl/backlog.ipp>
#include <fanfare/core/fanout/impl/cohort.ipp>
#include <fanfare/core/fanout/impl/pump.ipp>
#include <fanfare/core/fanout/impl/replay.ipp>
#include <fanfare/core/fanout/impl/shard_core.ipp>
#include <fanfare/core/fanout/impl/span.ipp>
#include <fanfare/core/fanout/impl/thrown.ipp>
#include <fanfare/core/fanout/impl/wake.ipp>
#include <fanfare/core/impl/broker.ipp>
#include <fanfare/core/impl/broker_core.ipp>
#include <fanfare/core/impl/burst.ipp>
#include <fanfare/core/impl/clock.ipp>
#include <fanfare/core/impl/core.ipp>
#include <fanfare/core/impl/event.ipp>
#include <fanfare/core/impl/format.ipp>
#include <fanfare/core/impl/json.ipp>
#include <fanfare/core/impl/position.ipp>
#include <fanfare/core/impl/request.ipp>
#include <fanfare/core/impl/response.ipp>
#include <fanfare/core/impl/shard.ipp>
#include <fanfare/core/impl/subscription.ipp>
#include <fanfare/core/impl/subscription_core.ipp>
#include <fanfare/core/impl/topic.ipp>
#include <fanfare/core/log/impl/event_record.ipp>
#include <fanfare/core/log/impl/topic_log.ipp>

#include <fanfare/progress/impl/job.ipp>
#include <fanfare/progress/impl/job_core.ipp>
#include <fanfare/progress/impl/job_prompts.ipp>
#include <fanfare/progress/impl/job_state.ipp>
#include <fanfare/progress/impl/job_state_holder.ipp>
#include <fanfare/progress/impl/job_tasks.ipp>
#include <fanfare/progress/impl/progress.ipp>
#include <fanfare/progress/impl/prompt.ipp>
#include <fanfare/progress/impl/prompt_cell.ipp>
#include <fanfare/progress/impl/rate.ipp>
#include <fanfare/progress/impl/stages.ipp>
#include <fanfare/progress/impl/task.ipp>
#include <fanfare/progress/impl/task_core.ipp>
#include <fanfare/progress/impl/text.ipp>
#include <fanfare/progress/impl/throttle.ipp>

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
#include <fanfare/transport/impl/transport.ipp>
#include <fanfare/transport/impl/websocket.ipp>
#include <fanfare/transport/impl/websocket_format.ipp>
#include <fanfare/transport/impl/websocket_messages.ipp>

#if FANFARE_WITH_SERVER
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
#include <fanfare/server/impl/page_text.ipp>
#include <fanfare/server/impl/router.ipp>
#include <fanfare/server/impl/server.ipp>
#include <fanfare/server/impl/server_bodies.ipp>
#include <fanfare/server/impl/server_core.ipp>
#include <fanfare/server/impl/server_options.ipp>
#include <fanfare/server/impl/server_shard.ipp>
#include <fanfare/server/impl/static_files.ipp>
#include <fanfare/server/impl/upload_file.ipp>
#include <fanfare/server/impl/upload_receiver.ipp>
#endif

#if FANFARE_WITH_CLIENT
#include <fanfare/client/impl/asio_connection.ipp>
#include <fanfare/client/impl/asio_network.ipp>
#include <fanfare/client/impl/backoff.ipp>
#include <fanfare/client/impl/client.ipp>
#include <fanfare/client/impl/client_bodies.ipp>
#include <fanfare/client/impl/client_core.ipp>
#include <fanfare/client/impl/client_request.ipp>
#include <fanfare/client/impl/client_shell.ipp>
#include <fanfare/client/impl/incoming.ipp>
#include <fanfare/client/impl/poll_receiver.ipp>
#include <fanfare/client/impl/sse_receiver.ipp>
#include <fanfare/client/impl/tls_context.ipp>
#include <fanfare/client/impl/verdict.ipp>
#include <fanfare/client/impl/websocket_receiver.ipp>
#endif
