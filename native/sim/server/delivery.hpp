// One answer on its way: its head and its body, at the pace of its connection and of the link.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sim/physics/pace.hpp"
#include "sim/s3/answer.hpp"
#include "sim/server/wire.hpp"
#include "sim/server/world.hpp"

namespace s3pipes::sim {

// Used again for each answer of a connection. Nothing is allocated while a body flows, and no
// coroutine resumed: this is where the processor's time goes.
class Delivery final : private Clock::Waiter {
  public:
    Delivery(World& world, Wire& wire) : world_(world), wire_(wire) {}

    // `bytes_per_s` 0: as fast as it goes. True: all is sent, or the client is gone; else done()
    // comes later.
    // Of the body only `stretch`, counted from its first byte.
    struct Stretch {
        std::uint64_t begin = 0;
        std::uint64_t end = ~std::uint64_t{0};
    };
    bool begin(const std::string& head, const Answer& answer, double bytes_per_s, Stretch stretch);
    bool begin(const std::string& head, const Answer& answer, double bytes_per_s) {
        return begin(head, answer, bytes_per_s, Stretch());
    }

    auto done() {
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
            [this](auto handler) { told_ = std::move(handler); }, boost::asio::use_awaitable);
    }

    bool broken() const noexcept { return broken_; }

  private:
    enum class Step : std::uint8_t { waits, ended };

    Step go_on(double now_s);
    bool granted(double now_s);
    long send_some();
    std::span<const std::byte> body_at(std::uint64_t offset) const;
    std::span<const std::byte> filled_at(std::uint64_t offset);
    void due(double now_s) override;
    void proceed();
    void finish();

    World& world_;
    Wire& wire_;
    boost::asio::any_completion_handler<void()> told_;

    const std::string* head_ = nullptr;
    const Answer* answer_ = nullptr;
    std::size_t head_sent_ = 0;
    std::uint64_t at_ = 0;  // of the content or the text
    std::uint64_t end_ = 0;
    double bytes_per_s_ = 0;
    std::size_t granted_ = 0;  // bytes of the body that may go now
    Pace pace_;
    std::vector<std::byte> filled_;  // of a content that lies nowhere in memory
    std::uint64_t filled_begin_ = 0;
    bool broken_ = false;
};

}  // namespace s3pipes::sim
