// One small question to a store that somebody waits for: a HEAD.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/engine/impatient.hpp"
#include "core/engine/task.hpp"
#include "core/engine/wait.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes {

template <typename T>
class Inquiry final : public Task {
  public:
    using Ask = std::function<boost::asio::awaitable<T>(ObjectStore&)>;

    // `url` names the object or prefix in messages. Starts at once.
    // The engine outlives it, as its loops do.
    static std::shared_ptr<Inquiry> start(Engine& engine, std::shared_ptr<ObjectStore> store,
                                          std::string url, RetryRules rules, Ask ask) {
        auto inquiry = std::shared_ptr<Inquiry>(
            new Inquiry(engine, std::move(store), std::move(url), rules, std::move(ask)));
        inquiry->loop().post([inquiry] { inquiry->Task::start(); });
        return inquiry;
    }

    // Throws Failure, Orphaned, or what `poll` throws.
    T wait(const Poll& poll) {
        engine_.check_process();
        std::unique_lock lock(engine_.mutex());
        wait_in_slices(lock, changed_, poll, engine_,
                       [this] { return answer_ || failure_ || engine_.scheduler().stopped(); });
        if (failure_) throw *failure_;
        if (!answer_)
            throw Failure(Error(ErrorKind::cancelled, "the engine was shut down"), url_, {}, 0, 0);
        return std::move(*answer_);
    }

    // From any thread.
    void call_off() {
        if (!engine_.of_present_process()) return;
        loop().post([self = shared_from_this()] { self->cancel(); });
    }

  private:
    static constexpr double first_patience_s = 2;

    Inquiry(Engine& engine, std::shared_ptr<ObjectStore> store, std::string url, RetryRules rules,
            Ask ask)
        : Task(engine.next_loop(), engine.stats(), rules),
          engine_(engine),
          rules_(rules),
          store_(std::move(store)),
          url_(std::move(url)),
          ask_(std::move(ask)) {}

    boost::asio::awaitable<void> attempt() override {
        co_await store_->ready();
        auto asked = ask_(*store_);
        T answer = co_await impatient(
            std::move(asked), patience_of(++attempts_, rules_.max_attempts, first_patience_s),
            this->shared_from_this());
        std::lock_guard lock(engine_.mutex());
        answer_ = std::move(answer);
    }
    void ended(std::optional<Failure> failure) override {
        std::lock_guard lock(engine_.mutex());
        failure_ = std::move(failure);
        changed_.notify_all();
    }
    std::string url() const override { return url_; }
    const std::string& origin() const override { return store_->origin(); }

    Engine& engine_;
    const RetryRules rules_;
    const std::shared_ptr<ObjectStore> store_;
    const std::string url_;
    const Ask ask_;
    int attempts_ = 0;

    // Guarded by the engine's mutex.
    std::condition_variable changed_;
    std::optional<T> answer_;
    std::optional<Failure> failure_;
};

}  // namespace s3pipes
