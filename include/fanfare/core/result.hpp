/// Result: a value, or why there is none. For what may fail because of others' input; never throws by itself.
#pragma once

#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace fanfare {

///     auto body = request.json<StartDownload>();
///     if (!body) return Response::error(400, body.detail());
///     download(body->urls);
///
/// Thread: distinct objects on any threads.
/// Not made of std::optional, which takes ten times as long to compile for each type.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : has_value_(true) { make(std::move(value)); }  // NOLINT(google-explicit-constructor)
  /// @param error   REQUIRES: not zero
  /// @param detail  one sentence for people: what was wrong, and where. Empty: the code's own message
  Result(std::error_code error, std::string detail) : error_(error), detail_(std::move(detail)) {
    if (detail_.empty()) detail_ = error_.message();
  }
  Result(std::error_code error) : Result(error, std::string()) {}  // NOLINT(google-explicit-constructor)

  Result(const Result& other) : has_value_(other.has_value_), error_(other.error_), detail_(other.detail_) {
    if (has_value_) make(other.value_);
  }
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
      : has_value_(other.has_value_), error_(other.error_), detail_(std::move(other.detail_)) {
    if (has_value_) make(std::move(other.value_));
  }
  ~Result() { reset(); }

  /// If T's copy throws, the result is left without a value.
  Result& operator=(const Result& other) { return *this = Result(other); }
  Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this == &other) return *this;
    reset();
    error_ = other.error_;
    detail_ = std::move(other.detail_);
    if (other.has_value_) make(std::move(other.value_));
    has_value_ = other.has_value_;
    return *this;
  }

  bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }

  /// REQUIRES: has_value().
  T& operator*() & noexcept { return value_; }
  const T& operator*() const& noexcept { return value_; }
  T&& operator*() && noexcept { return std::move(value_); }
  T* operator->() noexcept { return &value_; }
  const T* operator->() const noexcept { return &value_; }

  /// The value. Throws std::system_error with error() and detail() if there is none.
  T& value() & {
    check();
    return value_;
  }
  const T& value() const& {
    check();
    return value_;
  }
  T&& value() && {
    check();
    return std::move(value_);
  }

  template <class U>
  T value_or(U&& otherwise) const& {
    return has_value_ ? value_ : static_cast<T>(std::forward<U>(otherwise));
  }
  template <class U>
  T value_or(U&& otherwise) && {
    return has_value_ ? std::move(value_) : static_cast<T>(std::forward<U>(otherwise));
  }

  /// Zero if there is a value.
  std::error_code error() const noexcept { return error_; }
  /// Not empty exactly if there is no value.
  const std::string& detail() const noexcept { return detail_; }

 private:
  template <class U>
  void make(U&& value) {
    ::new (static_cast<void*>(&value_)) T(std::forward<U>(value));
  }
  void reset() noexcept {
    if (has_value_) value_.~T();
    has_value_ = false;
  }
  void check() const {
    if (!has_value_) throw std::system_error(error_, detail_);
  }

  union {
    T value_;
  };
  bool has_value_ = false;
  std::error_code error_;
  std::string detail_;
};

}  // namespace fanfare
