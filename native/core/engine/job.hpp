// One chunk under way: what the scheduler hands to an event loop.
#pragma once

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <memory>

#include "core/engine/chunk.hpp"
#include "core/policy/retry.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes {

class ObjectStream;

struct Job {
    std::shared_ptr<ObjectStream> stream;
    std::shared_ptr<Chunk> chunk;
    std::shared_ptr<ObjectStore> store;
    GetRequest request;
    RetryRules rules;
    std::size_t loop = 0;

    std::atomic<bool> cancelled{false};
    std::uint64_t leaving = 0;  // bytes of the budget that its end gives back, once cancelled
    // Touched on the loop's thread only.
    boost::asio::cancellation_signal signal;
    bool finished = false;
};

}  // namespace s3pipes
