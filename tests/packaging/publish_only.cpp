// A host's file that only publishes: what it includes is what every such file pays.
#include <fanfare/core/broker.hpp>
#include <fanfare/progress/job.hpp>

struct Converted {
  std::string file;
  double seconds = 0;
};
FANFARE_EVENT(Converted, "converted", critical, file, seconds);

void convert(fanfare::Broker& broker, const std::vector<std::string>& files) {
  fanfare::Job job(broker, "convert");
  fanfare::Task all = job.task("all", files.size());
  for (const std::string& file : files) {
    job.publish(Converted{file, 0.5});
    all.advance();
  }
  all.finish();
  job.finish();
}
