// What a decision of the scheduler asks for. The engine performs it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/read/download.hpp"
#include "core/engine/read/scheduler.hpp"
#include "core/engine/signal.hpp"

namespace s3pipes {

struct Todo {
    struct Start {  // of one request, on the loop that chunk->loop says
        Scheduler::Stream* stream;
        std::shared_ptr<Download> download;
        std::shared_ptr<Chunk> chunk;
        GetRequest request;
        double patience_s;  // with its first byte
        bool paced;         // it has to wait for its turn
    };

    // For the object's checksum; or, where it was `said` already, whether that is of equal parts.
    struct Question {  // on the loop that is named
        Scheduler::Stream* stream;
        std::shared_ptr<Download> download;
        std::size_t loop;
        std::string etag;
        std::optional<ObjectChecksum> said;
        double patience_s;  // with an answer
    };

    std::vector<Start> starts;
    std::vector<Question> questions;
    std::vector<std::shared_ptr<Download>> needless;  // whose questions need no answer
    std::vector<std::shared_ptr<Chunk>> cancels;
    std::vector<std::shared_ptr<Download>> wakes;  // whose readers sleep
    std::vector<std::shared_ptr<Download>> tells;  // whose readers watch a descriptor
    std::vector<std::shared_ptr<Signal>> ready;    // readers that wait for any object
    std::optional<std::size_t> pump;               // this loop should look for work
    std::optional<std::chrono::microseconds> due;  // ask due() so much later

    bool empty() const noexcept {
        return starts.empty() && questions.empty() && needless.empty() && cancels.empty() &&
               wakes.empty() && tells.empty() && ready.empty() && !pump && !due;
    }
};

}  // namespace s3pipes
