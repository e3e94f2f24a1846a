// The objects under a prefix, page by page, the next page on its way while one is read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "core/engine/inquiry.hpp"
#include "core/policy/retry.hpp"
#include "core/words/object.hpp"

namespace s3pipes {

class Lister {
  public:
    // `from`: its token names the page to begin with.
    Lister(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store, ListRequest from,
           RetryRules rules);
    ~Lister();

    // nullopt after the last page. Throws Failure, Orphaned, or what `poll` throws.
    std::optional<ListPage> next(const Poll& poll);
    // Of the page that next() will give; nullopt after the last one. Also in a fork's child, which
    // goes on with a Lister of its own.
    const std::optional<std::string>& token() const noexcept { return token_; }

  private:
    void ask();

    const std::shared_ptr<Engine> engine_;
    const std::shared_ptr<ObjectStore> store_;
    const ListRequest from_;
    const RetryRules rules_;
    std::optional<std::string> token_;
    std::unordered_set<std::size_t> asked_;  // hashes of the tokens so far
    std::shared_ptr<Inquiry<ListPage>> inquiry_;
    std::optional<Failure> broken_;  // told after the pages before it
};

// What HEAD tells of one object.
ObjectMeta head_object(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
                       const std::string& key, RetryRules rules, const Poll& poll);

}  // namespace s3pipes
