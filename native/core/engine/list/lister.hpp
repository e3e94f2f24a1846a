// The objects under a prefix, page by page, further pages on their way while one is read.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/engine/engine.hpp"
#include "core/engine/list/list_plan.hpp"
#include "core/engine/wait.hpp"
#include "core/policy/retry.hpp"
#include "core/words/object.hpp"

namespace s3pipes {

class Pages;

class Lister {
  public:
    // `from`: where to begin; a default one is the beginning.
    Lister(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store, std::string prefix,
           int page_size, RetryRules rules, ListPlace from = {});
    ~Lister();

    // The next objects in the order of the store; nullopt after the last ones. Throws Failure,
    // Orphaned, or what `poll` throws.
    std::optional<std::vector<ListedObject>> next(const Poll& poll);
    // Of what next() will give; nullopt after the last page. Also in a fork's child, which goes on
    // with a Lister of its own.
    const std::optional<ListPlace>& place() const noexcept { return place_; }

  private:
    const std::shared_ptr<Engine> engine_;
    std::shared_ptr<Pages> pages_;
    std::optional<ListPlace> place_;
};

// What HEAD tells of one object.
ObjectMeta head_object(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
                       const std::string& key, RetryRules rules, const Poll& poll);

}  // namespace s3pipes
