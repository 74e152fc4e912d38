#include "work.hpp"

#include <fanfare/progress/stages.hpp>
#include <fanfare/progress/throttle.hpp>

#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

const fanfare::Stages stages{{"start", 5},   {"info", 10},  {"download", 15, 89},
                             {"upload", 90}, {"store", 92}, {"clean", 98}};

struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

using Block = std::array<char, 64 << 10>;

/// Bytes that look random and are the same for each job of that name (splitmix64).
class Source {
 public:
  explicit Source(std::string_view name) {
    for (const char c : name) state_ = state_ * 31 + static_cast<unsigned char>(c);
  }
  void fill(Block& block) {
    for (std::size_t i = 0; i < block.size(); i += 8) {
      std::uint64_t word = state_ += 0x9E3779B97F4A7C15;
      word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
      word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
      word ^= word >> 31;
      for (std::size_t byte = 0; byte < 8; ++byte) block[i + byte] = static_cast<char>(word >> (8 * byte));
    }
  }

 private:
  std::uint64_t state_ = 0;
};

/// FNV-1a, against mistakes of the disk and not against attackers.
struct Checksum {
  std::uint64_t value = 0xCBF29CE484222325;
  void add(std::string_view bytes) {
    for (const char c : bytes) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
};

std::string hex(std::uint64_t number) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(number >> shift) & 15];
  return text;
}

std::string megabytes(std::uint64_t bytes) {
  const std::uint64_t tenths = (bytes + 50'000) / 100'000;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " MB";
}

}  // namespace

Work::Work(JobTopic topic, Order order, const WorkOptions& options, std::stop_token stop)
    : topic_(std::move(topic)),
      order_(std::move(order)),
      rate_(options.rate),
      part_(options.folder / ("." + order_.id + ".part")),
      file_(options.folder / (order_.id + ".bin")),
      checksum_file_(options.folder / (order_.id + ".txt")),
      stop_(std::move(stop)) {}

void Work::run() noexcept try {
  report("start", "Starting");
  pause(200ms);
  report("info", "Looking at " + megabytes(order_.bytes));
  check_space();
  const std::uint64_t checksum = download();
  report("upload", "Copying the file");
  upload(checksum);
  report("store", "Checking what was stored");
  store(checksum);
  report("clean", "Cleaning up");
  remove_part();
  pause(100ms);
  topic_.finish(Status{order_.id,
                       JobStatus::completed,
                       100,
                       "done",
                       megabytes(order_.bytes) + " are ready",
                       "/files/" + order_.id + ".bin",
                       {}});
} catch (const std::exception& failure) {
  fail(failure.what());
}

void Work::check_space() {
  if (fs::space(part_.parent_path()).available < 2 * order_.bytes)
    throw std::runtime_error("the disk is full");
  pause(200ms);
}

std::uint64_t Work::download() {
  std::ofstream out(part_, std::ios::binary | std::ios::trunc);
  Source source(order_.id);
  Checksum checksum;
  Block block;
  fanfare::Throttle throttle({.min_interval = 50ms});
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t done = 0; done < order_.bytes;) {
    source.fill(block);
    const std::string_view bytes(block.data(), std::min<std::uint64_t>(block.size(), order_.bytes - done));
    checksum.add(bytes);
    if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
      throw std::runtime_error("cannot write to the folder");
    done += bytes.size();
    const double fraction = static_cast<double>(done) / static_cast<double>(order_.bytes);
    if (throttle.pass("download", fraction, done == order_.bytes))
      report("download", megabytes(done) + " of " + megabytes(order_.bytes), fraction);
    if (rate_ == 0) continue;
    const std::chrono::duration<double> due(static_cast<double>(done) / static_cast<double>(rate_));
    pause(began + std::chrono::duration_cast<std::chrono::nanoseconds>(due) -
          std::chrono::steady_clock::now());
  }
  if (!out.flush()) throw std::runtime_error("cannot write to the folder");
  return checksum.value;
}

void Work::upload(std::uint64_t checksum) {
  fs::copy_file(part_, file_, fs::copy_options::overwrite_existing);
  std::ofstream out(checksum_file_);
  if (!(out << hex(checksum) << '\n')) throw std::runtime_error("cannot write to the folder");
}

void Work::store(std::uint64_t checksum) {
  std::ifstream in(file_, std::ios::binary);
  Checksum stored;
  Block block;
  while (in.read(block.data(), block.size()), in.gcount() > 0) {
    stored.add({block.data(), static_cast<std::size_t>(in.gcount())});
    pause({});
  }
  if (stored.value != checksum) throw std::runtime_error("what was stored is not what was downloaded");
}

void Work::report(std::string_view stage, std::string message, double fraction) {
  if (stop_.stop_requested()) throw Cancelled();
  progress_ = stages.percent(stage, fraction);
  topic_.publish(
      Status{order_.id, JobStatus::processing, progress_, std::string(stage), std::move(message), {}, {}});
}

void Work::pause(std::chrono::steady_clock::duration time) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  if (time > 0s) stopped.wait_for(lock, stop_, time, [] { return false; });
  if (stop_.stop_requested()) throw Cancelled();
}

void Work::fail(const std::string& why) {
  remove_part();
  std::error_code ignored;
  fs::remove(file_, ignored);
  fs::remove(checksum_file_, ignored);
  topic_.fail(Status{order_.id, JobStatus::failed, progress_, "failed", {}, {}, why});
}

void Work::remove_part() noexcept {
  std::error_code ignored;
  fs::remove(part_, ignored);
}
