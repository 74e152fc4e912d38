/// Session: what the client's thread has heard, kept for the thread that prints it.
#pragma once

#include "saved.hpp"
#include "settings.hpp"
#include "teller.hpp"
#include "watched.hpp"

#include <fanfare/client/client.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

enum class Output { json, lines, bars };

/// What there is to print now.
struct ToPrint {
  std::vector<std::string> lines = {};
  std::vector<WatchedTopic> topics = {};  ///< to be drawn; with Output::bars only
  std::string link = {};                  ///< what there is to say of the connection
  bool over = false;
};

/// Thread: any; the handlers are the client's. Bounded: of more lines than can be printed the oldest are left out, and
/// how many it were is said.
class Session {
 public:
  static constexpr std::size_t max_lines = 10'000;

  /// @param wake  called whenever there is something new, with no lock held
  Session(const Settings& settings, Output output, std::function<void()> wake);

  /// Puts its handlers to the client, which must be gone before it.
  void attach(fanfare::Client& client);
  void on_position(const std::string& position);
  void restore(Saved saved);

  ToPrint take();
  /// What to save, if there is something new. None also while the state is ahead of the position: ask again soon.
  std::optional<Saved> to_save();
  bool save_is_due() const;

  /// Why the events could not be printed; with Output::json only.
  std::error_code output_error() const;
  /// Whether anything is known of any topic.
  bool has_heard() const;
  /// The program's ExitStatus, once it is over; and why, if it gave up.
  int status() const;
  std::string why() const;

 private:
  void on_event(const fanfare::Event& event);
  void on_link(fanfare::Link link, std::error_code error);
  void on_problem(const fanfare::Problem& problem);
  bool is_last(fanfare::Link link) const;
  void add_line(std::string line);
  void print_json(const fanfare::Event& event);

  const std::string url_, subject_;
  const Output output_;
  const std::function<void()> wake_;

  mutable std::mutex mutex_;
  Watched watched_;
  Teller teller_;
  std::deque<std::string> lines_;
  std::uint64_t left_out_ = 0;
  std::string link_text_;
  std::optional<fanfare::Link> link_;
  std::error_code error_, output_error_;
  std::string position_;
  bool ahead_ = false, save_is_due_ = false;
  bool over_ = false;  // and what comes from then on, until the client has stopped, is of another try: not told
};
