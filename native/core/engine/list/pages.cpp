#include "core/engine/list/pages.hpp"

#include <chrono>
#include <utility>

#include "core/engine/impatient.hpp"

namespace s3pipes {

class Pages::Request final : public Task {
  public:
    Request(std::shared_ptr<Pages> pages, ListPlan::Ask ask)
        : Task(pages->engine_.next_loop(), pages->engine_.stats(), pages->rules_),
          pages_(std::move(pages)),
          ask_(std::move(ask)) {}

  private:
    boost::asio::awaitable<void> attempt() override {
        double patience_s = 0;
        {
            std::lock_guard lock(pages_->mutex_);
            patience_s = pages_->plan_.patience_s();
        }
        co_await pages_->store_->ready();
        auto asked = pages_->store_->list_page(ask_.request);
        page_ = co_await impatient(
            std::move(asked), patience_of(++attempts_, pages_->rules_.max_attempts, patience_s),
            shared_from_this());
        std::lock_guard lock(pages_->mutex_);
        if (!std::exchange(asked_again_, pages_->plan_.doubts(ask_.piece, page_.objects)) &&
            asked_again_)
            throw Error(ErrorKind::bad_response, "the listing is not in the order of its keys");
    }

    std::chrono::milliseconds failed(const Error& error) override {
        if (error.kind != ErrorKind::throttled) return {};
        std::lock_guard lock(pages_->mutex_);
        pages_->plan_.throttled();
        return {};
    }

    void ended(std::optional<Failure> failure) override {
        std::lock_guard lock(pages_->mutex_);
        if (!pages_->wanted_) return;
        // Called off by the plan, and its piece forgotten.
        if (pages_->running_.erase(ask_.piece) == 0) return;
        if (failure)
            pages_->plan_.failed(ask_.piece, std::move(*failure));
        else
            pages_->plan_.answered(
                ask_.piece, std::move(page_),
                std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count());
        pages_->ask();
        if (pages_->plan_.ready()) pages_->changed_.notify_all();
    }

    std::string url() const override { return pages_->url_; }
    const std::string& origin() const override { return pages_->store_->origin(); }

    const std::shared_ptr<Pages> pages_;
    const ListPlan::Ask ask_;
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    ListPage page_;
    int attempts_ = 0;
    bool asked_again_ = false;  // because of the last one's order
};

Pages::Pages(Engine& engine, std::shared_ptr<ObjectStore> store, RetryRules rules,
             std::string prefix, int page_size, ListPlace from)
    : engine_(engine),
      store_(std::move(store)),
      rules_(rules),
      url_(store_->url_of(prefix)),
      plan_(std::move(prefix), page_size, std::move(from), url_) {}

void Pages::begin() {
    std::lock_guard lock(mutex_);
    ask();
}

void Pages::ask() {
    for (ListPlan::Ask& ask : plan_.asks()) {
        const std::uint64_t piece = ask.piece;
        auto request = std::make_shared<Request>(shared_from_this(), std::move(ask));
        running_.emplace(piece, request);
        Loop& loop = request->loop();
        loop.post([request = std::move(request)] { request->start(); });
    }
    for (const std::uint64_t piece : plan_.called_off()) {
        const auto found = running_.extract(piece);
        if (!found.empty())
            found.mapped()->loop().post([request = found.mapped()] { request->cancel(); });
    }
}

void Pages::call_off() {
    std::lock_guard lock(mutex_);
    wanted_ = false;
    for (auto& [piece, request] : running_)
        request->loop().post([request = request] { request->cancel(); });
    running_.clear();
}

bool Pages::stopped() {
    std::lock_guard lock(engine_.mutex());
    return engine_.scheduler().stopped();
}

std::optional<ListPlan::Page> Pages::next(const Poll& poll, std::optional<ListPlace>& place) {
    std::unique_lock lock(mutex_);
    if (!plan_.ready()) {
        plan_.waits();
        ask();
        wait_in_slices(lock, changed_, poll, engine_,
                       [this] { return plan_.ready() || stopped(); });
        if (!plan_.ready())
            throw Failure(Error(ErrorKind::cancelled, "the engine was shut down"), url_, {}, 0, 0);
    }
    auto page = plan_.take();
    place = plan_.place();
    ask();
    return page;
}

}  // namespace s3pipes
