#include "core/engine/list/lister.hpp"

#include "core/words/generation.hpp"

namespace s3pipes {

Lister::Lister(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store, ListRequest from,
               RetryRules rules)
    : engine_(std::move(engine)),
      store_(std::move(store)),
      from_(std::move(from)),
      rules_(rules),
      token_(from_.token) {
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
        engine_, store_, store_->url_of(from_.prefix), rules_,
        [request = std::move(request)](ObjectStore& store) { return store.list_page(request); });
}

std::optional<ListPage> Lister::next(const Poll& poll) {
    engine_->check_process();
    if (!inquiry_) return std::nullopt;
    ListPage page = inquiry_->wait(poll);
    inquiry_.reset();
    const std::string asked_with = std::exchange(token_, std::nullopt).value_or("");
    if (page.next_token.empty()) return page;
    // It would be the same page again, and so for ever.
    if (page.next_token == asked_with)
        throw Failure(Error(ErrorKind::bad_response,
                            "the listing does not go on: its next page has the token of this one"),
                      store_->url_of(from_.prefix), {}, 1, 0);
    token_ = page.next_token;
    ask();
    return page;
}

ObjectMeta head_object(std::shared_ptr<Engine> engine, std::shared_ptr<ObjectStore> store,
                       const std::string& key, RetryRules rules, const Poll& poll) {
    engine->check_process();
    const auto inquiry =
        Inquiry<ObjectMeta>::start(engine, store, store->url_of(key), rules,
                                   [key](ObjectStore& asked) { return asked.head(key); });
    try {
        return inquiry->wait(poll);
    } catch (...) {
        inquiry->call_off();
        throw;
    }
}

}  // namespace s3pipes
