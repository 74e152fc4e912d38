#include "download_job.hpp"

#include "file_names.hpp"

#include <chrono>
#include <exception>
#include <stop_token>

using fanfare::JobStatus, fanfare::Level;

// More would be no help to who has to answer them.
static constexpr std::size_t max_open_questions = 16;
static constexpr std::chrono::minutes answer_timeout{10};
static constexpr std::chrono::seconds patience{1};

DownloadJob::DownloadJob(fanfare::Broker& broker, Folder& folder, std::string id, std::vector<Url> urls,
                         DownloadOptions options)
    : urls_(std::move(urls)),
      options_(options),
      folder_(folder),
      job_(broker, std::move(id)),
      downloader_(options.rate_limit) {}

void DownloadJob::run() noexcept {
  status_ = JobStatus::running;
  try {
    list_files();
    download_all();
  } catch (const std::exception& failure) {
    give_up(failure.what());
  }
  files_.clear();
  over_ = true;
}

void DownloadJob::list_files() {
  job_.log(Level::info,
           std::to_string(urls_.size()) + (urls_.size() == 1 ? " file" : " files") + " to download");
  files_.reserve(urls_.size());  // transfers refer to them
  for (const Url& url : urls_) {
    Folder::Claim name = folder_.claim(file_name_of(url.path));
    fanfare::Task task = job_.task(name.name(), {.unit = "bytes"});
    files_.push_back({url, std::move(name), std::move(task)});
  }
}

void DownloadJob::download_all() {
  const std::stop_token stop = job_.stop_token();
  const std::stop_callback wake(stop, [this] { downloader_.wake(); });
  while (complete_ + failed_ + skipped_ < files_.size()) {
    take_answers();
    // Only now: cancelling answers the open questions, too.
    if (stop.stop_requested()) return give_up("cancelled");
    start_some();
    ask_some();
    for (auto& ended : downloader_.run(patience)) end(std::move(ended));
  }
  end_job();
}

void DownloadJob::start_some() {
  while (downloader_.active() < options_.parallel && !decided_.empty()) {
    const std::size_t file = decided_.front();
    decided_.pop_front();
    start(file);
  }
  while (downloader_.active() < options_.parallel && next_ < files_.size()) {
    const std::size_t file = next_++;
    if (folder_.has(files_[file].name.name()))
      doubtful_.push_back(file);
    else
      start(file);
  }
}

void DownloadJob::start(std::size_t index) {
  File& file = files_[index];
  try {
    downloader_.start(index, file.url, PartFile(folder_.path_of(file.name.name())), file.task);
  } catch (const std::exception& failure) {
    fail(file, failure.what());
  }
}

void DownloadJob::ask_some() {
  for (; open_questions_ < max_open_questions && !doubtful_.empty(); ++open_questions_) {
    const std::size_t index = doubtful_.front();
    doubtful_.pop_front();
    File& file = files_[index];
    file.task.message("waits for an answer: the file exists");
    const fanfare::Prompt prompt = job_.ask(
        Duplicate{file.name.name(), file.url.shown},
        {.choices = {"overwrite", "skip", "rename"}, .otherwise = "skip", .timeout = answer_timeout});
    // The answer comes in another thread, and maybe after this job's end.
    prompt.then([weak = weak_from_this(), index](const std::string& choice) {
      const auto self = weak.lock();
      if (!self) return;
      const std::lock_guard lock(self->mutex_);
      self->answers_.push_back({index, choice});
      self->downloader_.wake();
    });
  }
}

void DownloadJob::take_answers() {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  for (const Answer& answer : answers) take(answer);
}

void DownloadJob::take(const Answer& answer) {
  --open_questions_;
  File& file = files_[answer.file];
  if (answer.choice == "skip") {
    ++skipped_;
    file.name.drop();
    file.task.finish("skipped");
    return;
  }
  file.task.message("");
  if (answer.choice == "rename") rename(file);
  file.may_overwrite = answer.choice == "overwrite";
  decided_.push_back(answer.file);
}

void DownloadJob::rename(File& file) {
  file.name = folder_.claim_unused(file.name.name());
  file.note = "saved as " + file.name.name();
}

void DownloadJob::end(Downloader::Ended ended) {
  File& file = files_[ended.id];
  if (!ended.problem.empty()) return fail(file, ended.problem);
  try {
    // It may have appeared in the meantime.
    if (!file.may_overwrite && folder_.has(file.name.name())) rename(file);
    ended.file.keep_as(folder_.path_of(file.name.name()));
  } catch (const std::exception& failure) {
    return fail(file, failure.what());
  }
  ++complete_;
  file.name.drop();
  file.task.finish(file.note);
  job_.log(Level::info, "saved " + file.name.name());
}

void DownloadJob::fail(File& file, const std::string& problem) {
  ++failed_;
  file.name.drop();
  file.task.fail(problem);
  job_.log(Level::error, file.url.shown + ": " + problem);
}

void DownloadJob::end_job() {
  std::string summary = std::to_string(complete_) + " of " + std::to_string(files_.size()) + " files";
  if (failed_ > 0) summary += ", " + std::to_string(failed_) + " failed";
  if (skipped_ > 0) summary += ", " + std::to_string(skipped_) + " skipped";
  const bool nothing_worked = failed_ == files_.size();
  // First, so that who asks for the list of jobs because this one ended finds it ended there, too.
  status_ = nothing_worked ? JobStatus::error : JobStatus::complete;
  nothing_worked ? job_.fail(summary) : job_.finish(summary);
}

void DownloadJob::give_up(const std::string& reason) {
  downloader_.stop();
  for (File& file : files_) file.task.fail(reason);  // but those that are over, which this does not change
  status_ = JobStatus::error;
  job_.fail(reason);
}
