#include "core/engine/list/lister.hpp"

#include "core/words/generation.hpp"

namespace s3pipes {

Lister::Lister(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store, ListRequest from,
               RetryRules rules)
    : engine_(std::move(engine)),
      store_(std::move(store)),
      from_(std::move(from)),
      rules_(rules),
      token_(from_.token),
      asked_{std::hash<std::string>()(from_.token)} {
    engine_->check_process();
    ask();
}

Lister::~Lister() {
    if (!engine_->of_present_process())
        leave_behind(inquiry_);
    else if (inquiry_)
        inquiry_->call_off();
}

void Lister::ask() {
    ListRequest request = from_;
    request.token = *token_;
    inquiry_ = Inquiry<ListPage>::start(
        *engine_, store_, store_->url_of(from_.prefix), rules_,
        [request = std::move(request)](ObjectStore& store) { return store.list_page(request); });
}

std::optional<ListPage> Lister::next(const Poll& poll) {
    engine_->check_process();
    if (broken_) throw *broken_;
    if (!inquiry_) return std::nullopt;
    ListPage page = inquiry_->wait(poll);
    inquiry_.reset();
    token_.reset();
    if (page.next_token.empty()) return page;
    token_ = page.next_token;
    // It would be the same pages again, and so for ever.
    if (!asked_.insert(std::hash<std::string>()(page.next_token)).second)
        broken_.emplace(Error(ErrorKind::bad_response,
                              "the listing does not go on: it names a page that it gave before"),
                        store_->url_of(from_.prefix), ByteRange{}, 1, 0);
    else
        ask();
    return page;
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
