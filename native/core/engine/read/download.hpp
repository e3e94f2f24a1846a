// One object under way: what its reader, the scheduler and its tasks share.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/engine/read/chunk_queue.hpp"
#include "core/engine/signal.hpp"
#include "core/policy/retry.hpp"
#include "core/store/object_store.hpp"

namespace s3pipes {

class Task;

struct Download {
    Download(std::shared_ptr<ObjectStore> store_, std::string key_, RetryRules retry_,
             ChunkQueue::Wish wish, Destination destination)
        : store(std::move(store_)),
          key(std::move(key_)),
          retry(retry_),
          queue(std::move(wish), std::move(destination)) {}

    // By which chunks are summed; one is left when the store has told it.
    std::atomic<ChecksumKinds> checksum_kinds{ChecksumKinds::all_that_join()};
    std::atomic<bool> in_parts{false};  // the object was put so: they may have to be told apart
    const std::shared_ptr<ObjectStore> store;
    const std::string key;
    const RetryRules retry;
    ChunkQueue queue;  // guarded by the engine's mutex, as is the signal
    Signal signal;     // for who reads
    // The loop on which its checksum was asked for, if it was, and who asks; that is the loop's.
    std::optional<std::size_t> question_loop;
    std::weak_ptr<Task> question;
};

}  // namespace s3pipes
