#pragma once

#include <fanfare/error.hpp>
#include <fanfare/server/impl/upload_receiver.hpp>
#include <fanfare/wire/uri.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include <unistd.h>

namespace fanfare::detail {

FANFARE_DECL UploadReceiver::UploadReceiver(const std::string& directory, std::string_view content_type,
                                            const wire::HttpRequestHead& head, std::uint64_t max_bytes)
    : directory_(directory), left_(head.content_length.value_or(0)), form_(wire::multipart_boundary(content_type)) {
  if (head.chunked) chunks_.emplace(wire::ChunkLimits{.max_body_bytes = max_bytes});
  // Any other body would have to be held in memory, and a limit for files is none for that.
  if (!wire::is_multipart_form(content_type)) refuse({Error::malformed, 415, "this takes multipart/form-data"});
  else refuse(form_.refusal());
}

FANFARE_DECL UploadReceiver::~UploadReceiver() {
  for (const auto& upload : uploads_) ::unlink(upload.path.c_str());
}

FANFARE_DECL void remove_uploads(const Request& request) noexcept {
  for (const auto& upload : request.uploads) ::unlink(upload.path.c_str());
}

FANFARE_DECL UploadReceiver::Status UploadReceiver::receive(std::string_view& bytes) noexcept try {
  return take(bytes);
} catch (const std::exception&) {
  refuse({std::make_error_code(std::errc::not_enough_memory), 503, "no room for an upload now"});
  return Status::failed;
}

FANFARE_DECL UploadReceiver::Status UploadReceiver::take(std::string_view& bytes) {
  if (refusal_.status != 0) return Status::failed;
  bool whole = false;
  while (!whole && !bytes.empty()) {
    std::string_view data;
    if (chunks_) {
      const auto status = chunks_->next(bytes, data);
      if (status == wire::ChunkStatus::failed) return refuse(chunks_->refusal()), Status::failed;
      whole = status == wire::ChunkStatus::done;
    } else {
      data = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_)));
      bytes.remove_prefix(data.size());
      left_ -= data.size();
      whole = left_ == 0;
    }
    received_ += data.size();
    if (!take_form(data)) return Status::failed;
  }
  if (!whole) return Status::need_more;
  if (form_.done()) return Status::done;
  refuse({Error::malformed, 400, "the form ends before its last boundary"});
  return Status::failed;
}

FANFARE_DECL bool UploadReceiver::take_form(std::string_view bytes) {
  for (;;) {
    switch (form_.parse(bytes)) {
      case wire::MultipartStatus::need_more:
      case wire::MultipartStatus::done: return true;
      case wire::MultipartStatus::failed: return refuse(form_.refusal());
      case wire::MultipartStatus::part:
        if (!begin_part()) return false;
        break;
      case wire::MultipartStatus::data:
        if (!take_data(form_.data())) return false;
        break;
      case wire::MultipartStatus::part_end:
        if (!end_part()) return false;
        break;
    }
  }
}

FANFARE_DECL bool UploadReceiver::begin_part() {
  file_bytes_ = 0;
  if (form_.part().is_file) return true;
  field_bytes_ += form_.part().name.size();
  if (field_bytes_ > max_field_bytes) return refuse({Error::too_long, 413, "the form's fields are too long"});
  if (!fields_.empty()) fields_ += '&';
  wire::append_percent_encoded(fields_, form_.part().name);
  fields_ += '=';
  return true;
}

FANFARE_DECL bool UploadReceiver::take_data(std::string_view data) {
  if (!form_.part().is_file) {
    field_bytes_ += data.size();
    if (field_bytes_ > max_field_bytes) return refuse({Error::too_long, 413, "the form's fields are too long"});
    wire::append_percent_encoded(fields_, data);
    return true;
  }
  if (!file_.is_open()) {
    if (const auto error = file_.create(directory_)) return refuse_disk(error);
  }
  file_bytes_ += data.size();
  unwritten_ += data;
  return unwritten_.size() < write_bytes || flush();
}

FANFARE_DECL bool UploadReceiver::end_part() {
  const auto& part = form_.part();
  if (!part.is_file) return true;
  if (!file_.is_open()) {
    if (part.file_name.empty()) return true;  // how browsers say that no file was chosen
    if (const auto error = file_.create(directory_)) return refuse_disk(error);
  }
  if (!flush()) return false;
  if (const auto error = file_.close()) return refuse_disk(error);
  uploads_.push_back({part.name, part.file_name, part.content_type, {}, file_bytes_});
  uploads_.back().path = file_.keep();
  return true;
}

FANFARE_DECL bool UploadReceiver::flush() {
  const auto error = file_.write(unwritten_);
  unwritten_.clear();
  return error ? refuse_disk(error) : true;
}

FANFARE_DECL bool UploadReceiver::moved_on() noexcept {
  if (received_ < stride_end_) return false;
  stride_end_ = received_ + stride_bytes;
  return true;
}

FANFARE_DECL void UploadReceiver::hand_over(Request& request) noexcept {
  request.uploads = std::exchange(uploads_, {});
  request.body = std::exchange(fields_, {});
}

FANFARE_DECL bool UploadReceiver::refuse(const wire::HttpRefusal& refusal) noexcept {
  refusal_ = refusal;
  return false;
}

FANFARE_DECL bool UploadReceiver::refuse_disk(std::error_code error) noexcept {
  const bool full = error == std::errc::no_space_on_device || error == std::errc::file_too_large ||
                    error == std::error_code(EDQUOT, std::generic_category());
  if (full) return refuse({error, 507, "there is no room on the disk"});  // RFC 4918 sec. 11.5
  const bool busy = error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system;
  if (busy) return refuse({error, 503, "too many files are open"});
  return refuse({error, 500, "the file cannot be stored"});
}

}  // namespace fanfare::detail
