#include "support/costs.hpp"

#include "support/catch.hpp"

#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#if defined(__SANITIZE_THREAD__)
#define COSTS_OF_LOCKS 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COSTS_OF_LOCKS 0
#endif
#endif
#if !defined(COSTS_OF_LOCKS)
#if defined(__linux__) && defined(__GLIBC__)
#define COSTS_OF_LOCKS 1
#else
#define COSTS_OF_LOCKS 0
#endif
#endif

namespace {
thread_local costs::Counts counts;
}

namespace costs {
Counts so_far() noexcept { return counts; }
bool counts_locks() noexcept { return COSTS_OF_LOCKS != 0; }
}  // namespace costs

// ---- operator new, all forms end here ---------------------------------------------------------------

void* operator new(std::size_t size) {
  ++counts.allocations, ++counts.held;
  if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++counts.allocations, ++counts.held;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc();
}
// The sanitizers bring a form of their own for this one, whose memory would not be ours to free.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept {
  if (memory) --counts.held;
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { operator delete(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { operator delete(memory); }

// ---- mutexes ----------------------------------------------------------------------------------------

#if COSTS_OF_LOCKS
#include <dlfcn.h>
#include <pthread.h>

using Lock = int (*)(pthread_mutex_t*);

extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static Lock next = nullptr;  // no guard: looking it up twice gives the same
  Lock lock = __atomic_load_n(&next, __ATOMIC_RELAXED);
  if (!lock) {
    lock = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    __atomic_store_n(&next, lock, __ATOMIC_RELAXED);
  }
  ++counts.locks;
  return lock(mutex);
}
#endif

TEST_CASE("costs: allocations are counted per thread", "[core][costs]") {
  const auto before = costs::so_far();
  {
    auto number = std::make_unique<int>(1);
    const auto during = costs::so_far() - before;
    CHECK(during.allocations == 1);
    CHECK(during.held == 1);
  }
  const auto after = costs::so_far() - before;
  CHECK(after.held == 0);

  std::thread other([] { const std::vector<int> many(100, 1); });
  const auto mark = costs::so_far();
  other.join();
  CHECK((costs::so_far() - mark).allocations == 0);
}

TEST_CASE("costs: locks are counted per thread", "[core][costs]") {
  if (!costs::counts_locks()) return;
  std::mutex mutex;
  const auto before = costs::so_far();
  for (int i = 0; i < 3; ++i) {
    mutex.lock();
    mutex.unlock();
  }
  const auto spent = costs::so_far() - before;
  CHECK(spent.locks == 3);
  CHECK(spent.allocations == 0);
}
