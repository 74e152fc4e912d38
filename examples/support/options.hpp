/// A program's options as a table: what each is called, what it takes, and where its value goes. Understands
/// `--name VALUE`, `--name=VALUE`, flags without a value, operands, `--help` and `-h`, and refuses the rest with one line
/// that says what would be right.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace examples {

/// Puts a value where it belongs, or says what it should have been: "a number from 0 to 65535".
using TakeValue = std::function<std::optional<std::string>(std::string_view value)>;

struct Option {
  std::string name;   ///< "--port"
  std::string value;  ///< what stands for it in the help: "N"; empty: a flag, whose `take` is called with ""
  std::string help;
  TakeValue take;
};

/// A whole number of that range, digits only.
template <class Number>
TakeValue number(Number& to, std::uint64_t least, std::uint64_t most) {
  return [&to, least, most](std::string_view value) -> std::optional<std::string> {
    std::uint64_t read = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), read);
    if (error != std::errc() || end != value.data() + value.size() || read < least || read > most) {
      return "a number from " + std::to_string(least) + " to " + std::to_string(most);
    }
    to = static_cast<Number>(read);
    return std::nullopt;
  };
}

/// A number of bytes, in which `k`, `M` or `G` at the end stands for the thousands: "500k".
inline TakeValue byte_count(std::uint64_t& to, std::uint64_t most) {
  return [&to, most](std::string_view value) -> std::optional<std::string> {
    std::uint64_t unit = 1;
    const std::size_t power =
        value.empty() ? std::string_view::npos : std::string_view("kMG").find(value.back());
    if (power != std::string_view::npos) {
      for (std::size_t i = 0; i <= power; ++i) unit *= 1000;
      value.remove_suffix(1);
    }
    if (number(to, 0, most / unit)(value)) {
      return "a number from 0 to " + std::to_string(most) + ", or one like 500k or 2M";
    }
    to *= unit;
    return std::nullopt;
  };
}

/// Any text but an empty one.
inline TakeValue text(std::string& to) {
  return [&to](std::string_view value) -> std::optional<std::string> {
    if (value.empty()) return "something that is not empty";
    to = value;
    return std::nullopt;
  };
}

inline TakeValue flag(bool& to) {
  return [&to](std::string_view) -> std::optional<std::string> {
    to = true;
    return std::nullopt;
  };
}

/// What a program takes besides options: all from the first word on that does not begin with "-", or after "--".
/// From there on no options are looked for if `rest` is true, as before another program's command line.
struct Operands {
  std::string usage;  ///< what stands for them in the help: "URL", "-- COMMAND..."
  bool rest = false;
  /// Puts them where they belong, or says what they should have been: "one URL, such as ...".
  std::function<std::optional<std::string>(const std::vector<std::string_view>&)> take;
};

class Options {
 public:
  Options(std::string program, std::string purpose, std::vector<Option> table, Operands operands = {})
      : program_(std::move(program)),
        purpose_(std::move(purpose)),
        table_(std::move(table)),
        operands_(std::move(operands)) {}

  /// None: the program shall go on. Else the status to leave with: 0 after --help, 2 after a complaint.
  std::optional<int> parse(int argc, char** argv) const {
    std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc), operands;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (operands_.take && (words[i] == "--" || words[i] == "-" || !words[i].starts_with('-'))) {
        const bool mark = words[i] == "--", all = mark || operands_.rest;
        const auto from = words.begin() + static_cast<std::ptrdiff_t>(i + (mark ? 1 : 0));
        operands.insert(operands.end(), from, all ? words.end() : from + 1);
        if (all) break;
        continue;
      }
      if (words[i] == "--help" || words[i] == "-h") {
        print_help();
        return 0;
      }
      const std::size_t equals = words[i].find('=');
      const std::string_view name = words[i].substr(0, equals);
      const Option* option = find(name);
      if (!option) return complain("unknown option '" + std::string(words[i]) + "'");
      if (option->value.empty()) {
        if (equals != std::string_view::npos) return complain(option->name + " takes no value");
        option->take("");
        continue;
      }
      const bool follows = equals == std::string_view::npos;
      if (follows && i + 1 == words.size()) {
        return complain(option->name + " needs a value: " + option->take("").value_or(option->value));
      }
      const std::string_view value = follows ? words[++i] : words[i].substr(equals + 1);
      if (const auto expected = option->take(value)) {
        return complain(option->name + " is '" + std::string(value) + "'; it must be " + *expected);
      }
    }
    if (!operands_.take) return std::nullopt;
    const auto expected = operands_.take(operands);
    return expected ? std::optional(complain("it needs " + *expected)) : std::nullopt;
  }

 private:
  const Option* find(std::string_view name) const {
    for (const Option& option : table_) {
      if (option.name == name) return &option;
    }
    return nullptr;
  }

  int complain(const std::string& what) const {
    std::cerr << program_ << ": " << what << " (--help lists the options)\n";
    return 2;
  }

  void print_help() const {
    std::cout << "usage: " << program_ << " [OPTION...]" << (operands_.usage.empty() ? "" : " ") << operands_.usage
              << '\n' << purpose_ << '\n';
    for (const Option& option : table_)
      print_line(option.name + (option.value.empty() ? "" : " ") + option.value, option.help);
    print_line("-h, --help", "print this");
  }

  static void print_line(const std::string& left, const std::string& right) {
    constexpr std::size_t column = 22;
    std::cout << "  " << left << std::string(left.size() < column ? column - left.size() : 1, ' ') << right
              << '\n';
  }

  std::string program_, purpose_;
  std::vector<Option> table_;
  Operands operands_;
};

}  // namespace examples
