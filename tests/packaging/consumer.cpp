// A host in one file: publishes, and takes what it published.
#include <fanfare/fanfare.hpp>

#include <string>

#if FANFARE_HEADER_ONLY == defined(EXPECT_COMPILED)
#error "the target does not say in which mode it is"
#endif
#if FANFARE_WITH_SERVER == defined(EXPECT_NO_SERVER)
#error "the target does not say whether the server is in it"
#endif

int main() {
  fanfare::Broker broker;
  fanfare::Topic news = broker.topic("news");
  auto watcher = broker.subscribe({.topics = {"news"}});
  watcher.take();
  if (!news.publish({"bill", fanfare::Json{R"({"no":17})"}})) return 1;
  const auto events = watcher.take();
  return events.size() == 1 && events[0].json() == R"({"no":17})" ? 0 : 1;
}
