// The pages of one listing that are on their way or here: a plan, and the requests that it asks
// for.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/engine/engine.hpp"
#include "core/engine/list/list_plan.hpp"
#include "core/engine/task.hpp"
#include "core/engine/wait.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes {

// Outlived by the engine, as its loops are.
class Pages final : public std::enable_shared_from_this<Pages> {
  public:
    Pages(Engine& engine, std::shared_ptr<ObjectStore> store, RetryRules rules, std::string prefix,
          int page_size, ListPlace from);

    void begin();
    // Nobody reads them any more. From any thread.
    void call_off();
    // As Lister::next; `place`: where it goes on then.
    std::optional<ListPlan::Page> next(const Poll& poll, std::optional<ListPlace>& place);

  private:
    class Request;

    // With the mutex held.
    void ask();
    bool stopped();

    Engine& engine_;
    const std::shared_ptr<ObjectStore> store_;
    const RetryRules rules_;
    const std::string url_;

    // Guards what follows. The engine's may be taken under it, never the other way round.
    std::mutex mutex_;
    std::condition_variable changed_;
    ListPlan plan_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Request>> running_;  // by piece
    bool wanted_ = true;
};

}  // namespace s3pipes
