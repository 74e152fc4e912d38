#include "api.hpp"

#include <fanfare/core/describe.hpp>
#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/sse.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using fanfare::Admission, fanfare::Request, fanfare::Response;

// What travels as JSON, field for field.

struct Connected {
  std::string connection_id, message, session;
  std::vector<std::string> subscriptions;
};
FANFARE_EVENT(Connected, "connected", critical, connection_id, message, session, subscriptions);

struct Broadcast {
  std::string event_type;
  fanfare::Json data{"{}"};
  std::optional<std::string> session_filter, subscription_filter;
};
FANFARE_DESCRIBE(Broadcast, event_type, data, session_filter, subscription_filter);

struct SignIn {
  std::string user, password;
};
FANFARE_DESCRIBE(SignIn, user, password);

struct WhoAmI {
  std::string session;
  bool login = false;
  std::chrono::seconds heartbeat{0};
};
FANFARE_DESCRIBE(WhoAmI, session, login, heartbeat);

struct StatusRow {
  std::string id, session, peer, transport;
  fanfare::WallTime created, last_activity;
  std::vector<std::string> filter;
  std::uint64_t queue_depth = 0;
};
FANFARE_DESCRIBE(StatusRow, id, session, peer, transport, created, last_activity, filter, queue_depth);

struct Status {
  std::size_t total = 0;
  std::vector<StatusRow> connections;
};
FANFARE_DESCRIBE(Status, total, connections);

// The tags that a client carries, and that an event may be for.

static std::string session_tag(const std::string& name) {
  return "session:" + name;
}
static std::string login_tag(const std::string& id) {
  return "login:" + id;
}
static std::string wants_tag(const std::string& type) {
  return "wants:" + type;
}

static bool contains(const std::vector<std::string>& list, const std::string& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

static bool is_known(const std::string& type) {
  return contains(known_types, type);
}

static std::string unknown_type(const std::string& type) {
  std::string text = "unknown type '" + type + "'; there are";
  for (const std::string& one : known_types) text += " " + one;
  return text;
}

static int status_of(std::error_code error) {
  return error == std::errc::permission_denied ? 401 : 400;
}

static Admission admit(const Request& request, const Sessions& sessions) {
  const auto session = sessions.of(request);
  if (!session) return Admission::refuse(status_of(session.error()), session.detail());
  std::vector<std::string> types, audience{session_tag(session->name)};
  if (!session->login.empty()) audience.push_back(login_tag(session->login));
  const auto asked = request.list("subscribe");
  for (const std::string& type : asked.empty() ? known_types : asked) {
    if (!is_known(type) && type != "ping") return Admission::refuse(400, unknown_type(type));
    if (contains(types, type)) continue;
    types.push_back(type);
    audience.push_back(wants_tag(type));
  }
  return {.topics = {"hub"},
          .types = types,
          .audience = std::move(audience),
          .expires = session->expires,
          .greeting = Connected{request.id, "Connected to the notification hub", session->name, types}};
}

/// The event that is to be sent, if its type is known and its data is what that type takes.
static fanfare::Result<fanfare::Payload> read_event(const Broadcast& body) {
  std::optional<fanfare::Payload> event;
  // What else the data has is passed on as it is.
  const auto read = [&]<class E>(const E& data) {
    event.emplace(body.event_type, body.data, fanfare::event_delivery<E>(), fanfare::event_key(data));
  };
  const auto found = fanfare::visit_event(HubState::events{}, body.event_type, body.data.text, read);
  const auto invalid = std::make_error_code(std::errc::invalid_argument);
  if (!found) return {invalid, "data: " + found.detail()};
  if (!event) return {invalid, "event_type: " + unknown_type(body.event_type)};
  return *std::move(event);
}

static Response broadcast(const Request& request, const Hub& hub, const Sessions& sessions) {
  if (const auto session = sessions.of(request); !session)
    return Response::error(status_of(session.error()), session.detail());
  const auto body = request.json<Broadcast>();
  if (!body) return Response::error(400, body.detail());
  auto event = read_event(*body);
  if (!event) return Response::error(400, event.detail());

  std::vector<std::string> audience;
  if (const std::string session = body->session_filter.value_or(""); !session.empty())
    audience.push_back(session_tag(session));
  if (const std::string type = body->subscription_filter.value_or(""); !type.empty()) {
    if (!is_known(type)) return Response::error(400, "subscription_filter: " + unknown_type(type));
    audience.push_back(wants_tag(type));
  }
  // As any topic would: a TopicOf takes only the structs, without what else the data has.
  const fanfare::Topic& topic = hub;
  return Response::from(topic.publish(*std::move(event), {.audience = std::move(audience)}).error);
}

static Response status(const Request& request, const fanfare::Server& server, const Sessions& sessions) {
  if (const auto session = sessions.of(request); !session)
    return Response::error(status_of(session.error()), session.detail());
  Status status;
  for (const fanfare::ConnectionInfo& one : server.connections()) {
    status.connections.push_back({one.id, one.session, one.peer, one.transport, one.created, one.last_write,
                                  one.types, one.queue_depth});
  }
  status.total = status.connections.size();
  return Response::json(status);
}

/// HttpOnly: no script gets to see it. SameSite: other sites' pages do not make use of it. Behind TLS it
/// should be Secure, too.
static fanfare::HttpField set_cookie(const std::string& value, std::chrono::seconds keep) {
  return {"Set-Cookie", std::string(Sessions::cookie) + "=" + value +
                            "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(keep.count())};
}

static Response who_am_i(const Request& request, const Sessions& sessions, std::chrono::seconds heartbeat) {
  auto session = sessions.of(request);
  if (!session) return Response::error(status_of(session.error()), session.detail());
  const bool nameless = !sessions.login_required() && request.query("session").empty() &&
                        request.cookie(Sessions::cookie).empty();
  if (nameless) session->name = Sessions::random_name();
  Response response = Response::json(WhoAmI{session->name, sessions.login_required(), heartbeat});
  response.fields.push_back({"Cache-Control", "no-store"});
  if (nameless) response.fields.push_back(set_cookie(session->name, Sessions::keep_login));
  return response;
}

static Response sign_in(const Request& request, Sessions& sessions) {
  if (!sessions.login_required()) return Response::error(404, "this hub has no users");
  const auto body = request.json<SignIn>();
  if (!body) return Response::error(400, body.detail());
  const auto token = sessions.sign_in(body->user, body->password);
  if (!token) return Response::error(401, "no such user, or another password");
  return {204, {}, {}, {set_cookie(*token, Sessions::keep_login)}};
}

static Response sign_out(const Request& request, Sessions& sessions, fanfare::Broker& broker) {
  if (const auto login = sessions.sign_out(request)) broker.revoke(login_tag(*login));  // its streams end
  return {204, {}, {}, {set_cookie("", std::chrono::seconds(0))}};
}

void mount_api(fanfare::Server& server, fanfare::Broker& broker, const Hub& hub, Sessions& sessions,
               const Settings& settings) {
  const auto heartbeat = settings.heartbeat;
  const auto sse =
      fanfare::sse({.heartbeat = heartbeat, .heartbeat_event = "ping", .compress = FANFARE_WITH_ZLIB != 0});
  server.stream("/events", {.admit = [&](const Request& in) { return admit(in, sessions); },
                            .transports = {sse, fanfare::long_poll()}});
  server.get("/events/status", [&](const Request& in) { return status(in, server, sessions); });
  server.post("/events/broadcast", [&, hub](const Request& in) { return broadcast(in, hub, sessions); });
  server.get("/session", [&, heartbeat](const Request& in) { return who_am_i(in, sessions, heartbeat); });
  server.post("/login", [&](const Request& in) { return sign_in(in, sessions); });
  server.post("/logout", [&](const Request& in) { return sign_out(in, sessions, broker); });
}
