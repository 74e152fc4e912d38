/// UploadReceiver: the body of a request with files, on its way to disk. Knows HTTP's framing of bodies and
/// multipart/form-data, and nothing of connections. Internal.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/request.hpp>
#include <fanfare/server/impl/upload_file.hpp>
#include <fanfare/wire/http_chunked.hpp>
#include <fanfare/wire/http_request_head.hpp>
#include <fanfare/wire/multipart.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Thread: its connection's loop, which waits while the disk takes a piece: at most 80 KiB (write_bytes and what
/// one read brings), mostly into the system's cache.
/// Lifetime: of one request. What it did not hand over goes with it, files and all.
class UploadReceiver {
 public:
  static constexpr std::size_t write_bytes = 64 << 10;
  /// The fields that are no files, names and values, of a whole form; else 413. They are held in memory.
  static constexpr std::size_t max_field_bytes = 64 << 10;
  /// Once in so many bytes a body has moved on, and gets its time anew: a trickle of single bytes does not.
  static constexpr std::uint64_t stride_bytes = 16 << 10;

  enum class Status { need_more, done, failed };

  /// Anything but a form with files is refused at once: see refusal().
  /// @param directory  absolute, as of check_upload_dir; must last
  /// @param head       what it says of the body's framing
  /// @param max_bytes  of a body in chunks; else 413
  UploadReceiver(const std::string& directory, std::string_view content_type, const wire::HttpRequestHead& head,
                 std::uint64_t max_bytes);

  /// Takes bytes of the body off the front, and not one that follows it.
  Status receive(std::string_view& bytes) noexcept;
  /// Whether it took another stride_bytes since this was asked.
  bool moved_on() noexcept;
  /// Gives the request its files and fields; they are the host's from now on. REQUIRES: done.
  void hand_over(Request& request) noexcept;

  /// Why it failed, or zero: 400, 413, 415 and 431, 507 the disk is full, 500 and 503 other troubles of this
  /// side's; of these `error` says more than the client needs to know.
  const wire::HttpRefusal& refusal() const noexcept { return refusal_; }

  ~UploadReceiver();

 private:
  Status take(std::string_view& bytes);
  bool take_form(std::string_view bytes);
  bool begin_part();
  bool take_data(std::string_view data);
  bool end_part();
  bool flush();
  bool refuse(const wire::HttpRefusal& refusal) noexcept;  // returns false
  bool refuse_disk(std::error_code error) noexcept;

  const std::string& directory_;
  std::optional<wire::HttpChunkedDecoder> chunks_;
  std::uint64_t left_ = 0;  // of a body without chunks
  std::uint64_t received_ = 0, stride_end_ = stride_bytes;
  wire::MultipartParser form_;
  UploadFile file_;
  std::string unwritten_;     // of the file at hand
  std::uint64_t file_bytes_ = 0;
  std::string fields_;        // url-encoded
  std::size_t field_bytes_ = 0;
  std::vector<Upload> uploads_;
  wire::HttpRefusal refusal_;
};

/// Removes the files of a request that its handler did not take.
void remove_uploads(const Request& request) noexcept;

}  // namespace fanfare::detail
