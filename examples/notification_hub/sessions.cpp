#include "sessions.hpp"

#include <algorithm>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string_view>
#include <system_error>

using fanfare::Result;

static bool valid_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= 64 && name.find_first_not_of(allowed) == name.npos;
}

/// Looks at all of `given`, so that the time it takes does not tell how much of it is right.
static bool same_secret(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char expected = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i] ^ expected);
  }
  return difference == 0;
}

Sessions::Sessions(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("--users is '" + path + "', which cannot be read");
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    const std::string name = line.substr(0, colon);
    const std::string where = path + " line " + std::to_string(number) + ": ";
    if (colon == line.npos || colon + 1 == line.size() || !valid_name(name)) {
      throw std::runtime_error(where + "write name:password, the name in letters, digits, '.', '-' and '_'");
    }
    if (!users_.emplace(name, line.substr(colon + 1)).second) {
      throw std::runtime_error(where + "the user '" + name + "' is there twice");
    }
  }
  if (users_.empty()) throw std::runtime_error("--users is '" + path + "', which names no user");
}

Result<Session> Sessions::of(const fanfare::Request& request) const {
  const std::string token = request.cookie(cookie);
  if (login_required()) {
    const std::lock_guard lock(mutex_);
    for (const Login& login : logins_) {
      if (same_secret(token, login.token) && login.session.expires > std::chrono::system_clock::now())
        return login.session;
    }
    return {std::make_error_code(std::errc::permission_denied), "sign in first"};
  }
  const std::string asked = request.query("session");
  if (!asked.empty() && !valid_name(asked)) {
    return {std::make_error_code(std::errc::invalid_argument),
            "session: at most 64 letters, digits, '.', '-' and '_'"};
  }
  if (!asked.empty()) return Session{asked, {}};
  return Session{valid_name(token) ? token : "visitor-" + request.id, {}};
}

std::optional<std::string> Sessions::sign_in(const std::string& name, const std::string& password) {
  const auto user = users_.find(name);
  const bool right = same_secret(password, user == users_.end() ? std::string() : user->second);
  if (!right || user == users_.end()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  forget_old_logins();
  const auto expires = std::chrono::system_clock::now() + keep_login;
  logins_.push_back({random_name(), {name, std::to_string(++count_), expires}});
  return logins_.back().token;
}

std::optional<std::string> Sessions::sign_out(const fanfare::Request& request) {
  const std::string token = request.cookie(cookie);
  const std::lock_guard lock(mutex_);
  const auto login = std::find_if(logins_.begin(), logins_.end(),
                                  [&](const Login& one) { return same_secret(token, one.token); });
  if (login == logins_.end()) return std::nullopt;
  std::string id = login->session.login;
  logins_.erase(login);
  return id;
}

std::string Sessions::random_name() {
  std::random_device random;
  std::string name;
  for (int i = 0; i < 26; ++i) name += "0123456789abcdefghjkmnpqrstvwxyz"[random() % 32];  // 130 bits
  return name;
}

void Sessions::forget_old_logins() {
  const auto now = std::chrono::system_clock::now();
  std::erase_if(logins_, [&](const Login& login) { return login.session.expires <= now; });
  if (logins_.size() >= max_logins) logins_.pop_front();
}
