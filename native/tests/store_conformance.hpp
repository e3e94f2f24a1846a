// Stores to hold against the same cases: objects with known bytes, and the store that serves them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tests/memory_store.hpp"
#include "tests/store_rig.hpp"

namespace s3pipes::test {

// What a case needs of a store. The bytes of every object are those of MemoryStore.
class StoreCase {
  public:
    virtual ~StoreCase() = default;
    // A later put of the same key is another version.
    virtual void put(const std::string& key, std::uint64_t size) = 0;
    virtual ObjectStore& store() = 0;
    // From now on.
    virtual void give_weak_etags() = 0;
    // The next body stands still after so many bytes.
    virtual void stall_next_body_after(std::uint64_t bytes) = 0;

    ClientLoop loop;
};

class MemoryCase final : public StoreCase {
  public:
    MemoryCase() {
        memory_->script([this](const MemoryStore::Request&) {
            Answer answer;
            if (weak_) answer.claimed_etag = "W/\"weak\"";
            if (stall_after_ != UINT64_MAX) {
                answer.deliver = std::exchange(stall_after_, UINT64_MAX);
                answer.before_rest = std::make_shared<Gate>();
            }
            return answer;
        });
    }
    void put(const std::string& key, std::uint64_t size) override { memory_->put(key, size); }
    ObjectStore& store() override { return *memory_; }
    void give_weak_etags() override { weak_ = true; }
    void stall_next_body_after(std::uint64_t bytes) override { stall_after_ = bytes; }

  private:
    std::shared_ptr<MemoryStore> memory_ = std::make_shared<MemoryStore>();
    bool weak_ = false;
    std::uint64_t stall_after_ = UINT64_MAX;
};

// S3Store before a server that speaks as much S3 as GET, HEAD and ListObjectsV2 are.
class S3Case final : public StoreCase {
  public:
    S3Case();
    void put(const std::string& key, std::uint64_t size) override;
    ObjectStore& store() override { return *store_; }
    void give_weak_etags() override { weak_ = true; }
    void stall_next_body_after(std::uint64_t bytes) override { stall_after_ = bytes; }

  private:
    struct Object {
        std::uint64_t size = 0;
        int version = 0;
    };

    void serve(Peer& peer);
    void answer(Peer& peer, const std::string& request);
    std::string list(const std::string& query);
    std::string etag_of(const Object& object) const;

    std::mutex mutex_;
    std::map<std::string, Object> objects_;
    std::atomic<bool> weak_ = false;
    std::atomic<std::uint64_t> stall_after_ = UINT64_MAX;
    ScriptedServer server_{[this](Peer& peer, int) { serve(peer); }};
    std::shared_ptr<S3Store> store_;
};

}  // namespace s3pipes::test
