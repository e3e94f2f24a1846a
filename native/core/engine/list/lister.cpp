#include "core/engine/list/lister.hpp"

#include "core/engine/inquiry.hpp"
#include "core/engine/list/pages.hpp"
#include "core/words/generation.hpp"

namespace s3pipes {

Lister::Lister(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
               std::string prefix, int page_size, RetryRules rules, ListPlace from)
    : engine_(std::move(engine)), place_(from) {
    engine_->check_process();
    pages_ = std::make_shared<Pages>(*engine_, std::move(store), rules, std::move(prefix),
                                     page_size, std::move(from));
    pages_->begin();
}

Lister::~Lister() {
    if (engine_->of_present_process())
        pages_->call_off();
    else
        leave_behind(pages_);
}

std::optional<std::vector<ListedObject>> Lister::next(const Poll& poll) {
    engine_->check_process();
    return pages_->next(poll, place_);
}

ObjectMeta head_object(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
                       const std::string& key, RetryRules rules, const Poll& poll) {
    engine->check_process();
    const auto inquiry =
        Inquiry<ObjectMeta>::start(*engine, store, store->url_of(key), rules,
                                   [key](ObjectStore& asked) { return asked.head(key); });
    try {
        return inquiry->wait(poll);
    } catch (...) {
        inquiry->call_off();
        throw;
    }
}

}  // namespace s3pipes
