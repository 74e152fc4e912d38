/// Settings: what the program can be told on its command line.
#pragma once

#include <fanfare/wire/http_field.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

struct Settings {
  std::string url;
  std::vector<std::string> topics;
  std::string since;
  std::string save;  // empty: nowhere
  std::string ca_file;
  std::vector<fanfare::HttpField> fields;
  std::chrono::seconds give_up{0};  // 0: never
  bool json = false;

  /// None: go on. Else the status to leave with.
  std::optional<int> read(int argc, char** argv);

  /// What a topic is called whose server does not say it.
  std::string default_name() const;
  /// What is watched, to tell whether a file is about the same.
  std::string subject() const;
};
