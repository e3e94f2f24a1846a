#include "core/engine/lister.hpp"

namespace s3pipes {

Lister::Lister(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
               std::string prefix, int page_size, RetryRules rules, std::string token)
    : engine_(std::move(engine)),
      store_(std::move(store)),
      prefix_(std::move(prefix)),
      page_size_(page_size),
      rules_(rules),
      token_(std::move(token)) {
    engine_->check_process();
    ask();
}

Lister::~Lister() {
    if (errand_) errand_->cancel();
}

void Lister::ask() {
    errand_ = Errand<ListPage>::start(
        engine_, store_, store_->url_of(prefix_), rules_,
        [store = store_, request = ListRequest{prefix_, *token_, page_size_}] {
            return store->list_page(request);
        });
}

std::optional<ListPage> Lister::next(const Poll& poll) {
    engine_->check_process();
    if (!errand_) return std::nullopt;
    ListPage page = errand_->wait(poll);
    errand_.reset();
    token_.reset();
    if (!page.next_token.empty()) {
        token_ = page.next_token;
        ask();
    }
    return page;
}

ObjectMeta head_object(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
                       const std::string& key, RetryRules rules, const Poll& poll) {
    engine->check_process();
    const auto errand = Errand<ObjectMeta>::start(engine, store, store->url_of(key), rules,
                                                  [store, key] { return store->head(key); });
    try {
        return errand->wait(poll);
    } catch (...) {
        errand->cancel();
        throw;
    }
}

}  // namespace s3pipes
