/// Sessions: who a request is from. Without users anybody may have any session; with them a session is a
/// user who has signed in. An example, and honest about it: the passwords are kept as they are, and nothing
/// slows down who guesses them.
#pragma once

#include <fanfare/core/request.hpp>
#include <fanfare/core/result.hpp>
#include <fanfare/core/wall_time.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

struct Session {
  std::string name;   ///< what events are targeted at
  std::string login;  ///< names this sign-in, and is no secret; empty: without users
  fanfare::WallTime expires = fanfare::WallTime::max();
};

/// Thread: any.
class Sessions {
 public:
  static constexpr std::size_t max_logins = 10'000;
  static constexpr std::chrono::hours keep_login{12};

  /// Without users.
  Sessions() = default;
  /// @param path  a file of lines "name:password", in which # starts a comment
  /// Throws std::runtime_error, with the line that is wrong.
  explicit Sessions(const std::string& path);

  bool login_required() const noexcept { return !users_.empty(); }

  /// With users: the one whose cookie the request has. Without: ?session=NAME, or the cookie, or one of its
  /// own for each request. Errors: permission_denied; invalid_argument: a name with other characters than
  /// letters, digits, dot, hyphen and underscore, or more than 64.
  fanfare::Result<Session> of(const fanfare::Request& request) const;

  /// @return the token for the cookie; none: that is no user with that password
  std::optional<std::string> sign_in(const std::string& name, const std::string& password);
  /// @return the sign-in that is over now; none: there was none
  std::optional<std::string> sign_out(const fanfare::Request& request);

  /// Hard to guess; the name of a new session without users.
  static std::string random_name();
  static constexpr const char* cookie = "hub_session";

 private:
  struct Login {
    std::string token;
    Session session;
  };
  void forget_old_logins();

  std::map<std::string, std::string> users_;  // passwords by name
  mutable std::mutex mutex_;
  std::deque<Login> logins_;  // the oldest first
  std::uint64_t count_ = 0;
};
