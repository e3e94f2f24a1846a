#include "tests/memory_store.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>

#include "core/s3/chunk_sum.hpp"

namespace s3pipes::test {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

std::uint64_t seed_of(const std::string& key, int version) {
    std::uint64_t seed = 0xcbf29ce484222325ull + static_cast<std::uint64_t>(version);
    for (const char letter : key)
        seed = (seed ^ static_cast<unsigned char>(letter)) * 0x100000001b3ull;
    return seed;
}

std::byte byte_at(std::uint64_t seed, std::uint64_t offset) {
    std::uint64_t mixed = (seed + offset) * 0x9e3779b97f4a7c15ull;
    mixed ^= mixed >> 29;
    return static_cast<std::byte>((mixed * 0xbf58476d1ce4e5b9ull) >> 56);
}

struct Running {
    std::atomic<int>& count;
    Running(std::atomic<int>& count_, std::atomic<int>& most) : count(count_) {
        const int now = ++count;
        int before = most.load();
        while (before < now && !most.compare_exchange_weak(before, now)) {
        }
    }
    ~Running() { --count; }
};

awaitable<void> yield() {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

}  // namespace

awaitable<void> Gate::pass() {
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    {
        std::lock_guard lock(mutex_);
        ++arrivals_;
        changed_.notify_all();
        if (open_) co_return;
        sleepers_.insert(&timer);
    }
    struct Awake {
        Gate& gate;
        asio::steady_timer& timer;
        ~Awake() {
            std::lock_guard lock(gate.mutex_);
            gate.sleepers_.erase(&timer);
        }
    } awake{*this, timer};
    boost::system::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    std::lock_guard lock(mutex_);
    if (!open_) throw boost::system::system_error(asio::error::operation_aborted);
}

void Gate::open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    for (asio::steady_timer* timer : sleepers_) {
        // On its own thread, where it may have gone by then.
        asio::post(timer->get_executor(), [this, timer] {
            std::lock_guard relock(mutex_);
            if (sleepers_.contains(timer)) timer->cancel();
        });
    }
}

bool Gate::wait_for(int arrivals) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return arrivals_ >= arrivals; });
}

std::byte MemoryStore::byte_of(const std::string& key, std::uint64_t offset, int version) {
    return byte_at(seed_of(key, version), offset);
}

std::size_t MemoryStore::mismatch(std::span<const std::byte> bytes, const std::string& key,
                                  std::uint64_t offset, int version) {
    const std::uint64_t seed = seed_of(key, version);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        if (bytes[i] != byte_at(seed, offset + i)) return i;
    return bytes.size();
}

void MemoryStore::put(const std::string& key, std::uint64_t size) {
    std::lock_guard lock(mutex_);
    const auto [found, fresh] = objects_.try_emplace(key);
    if (!fresh) ++found->second.version;
    found->second.size = size;
    found->second.in_parts = part_bytes_ != 0;
}

MemoryStore::Object MemoryStore::find(const std::string& key) const {
    std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) throw Error(ErrorKind::object_not_found, "no such object");
    return found->second;
}

ObjectMeta MemoryStore::meta(const std::string& key) const {
    const Object object = find(key);
    return {object.size, object.etag(), 1'700'000'000};
}

void MemoryStore::script(Script script) {
    std::lock_guard lock(mutex_);
    script_ = std::move(script);
}

void MemoryStore::script_questions(std::function<std::optional<Error>(int)> script) {
    std::lock_guard lock(mutex_);
    questions_ = std::move(script);
}

void MemoryStore::keep_checksums(ChecksumKind kind, bool unfit) {
    verifies_ = true;
    checksums_ = kind;
    unfit_ = unfit;
}

void MemoryStore::keep_composites(ChecksumKind kind, std::uint64_t part_bytes, bool uneven) {
    keep_checksums(kind);
    part_bytes_ = part_bytes;
    uneven_ = uneven;
}

void MemoryStore::keep_no_checksums() {
    verifies_ = true;
}

int MemoryStore::asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
}

std::optional<ObjectChecksum> MemoryStore::checksum_of(const std::string& key) const {
    if (!checksums_) return std::nullopt;
    const Object object = find(key);
    std::string bytes(object.size, '\0');
    const std::uint64_t seed = seed_of(key, object.version);
    for (std::uint64_t i = 0; i < object.size; ++i) bytes[i] = static_cast<char>(byte_at(seed, i));
    if (unfit_) bytes += "!";
    if (part_bytes_ != 0) {
        ObjectChecksum said{*checksums_, {}};
        ChunkSum of_parts(*checksums_);
        for (std::uint64_t begin = 0; begin < object.size; ++said.parts) {
            const std::uint64_t size = uneven_ && said.parts == 1 ? part_bytes_ - 10 : part_bytes_;
            ChunkSum part(*checksums_);
            part.add(std::string_view(bytes).substr(begin, size));
            of_parts.add(part.value(*checksums_));
            begin += size;
        }
        said.value = of_parts.value(*checksums_);
        return said;
    }
    ChunkSum sum(*checksums_);
    sum.add(bytes);
    return ObjectChecksum{*checksums_, sum.value(*checksums_)};
}

std::vector<MemoryStore::Request> MemoryStore::requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
}

std::vector<std::string> MemoryStore::wasteful() const {
    std::vector<std::string> found;
    std::map<std::string, std::map<std::uint64_t, std::uint64_t>> delivered;  // begin: end
    std::set<std::string> answered;
    for (const Request& request : requests()) {
        const std::string& key = request.get.key;
        const std::uint64_t begin = request.get.range ? request.get.range->begin : 0;
        if (answered.contains(key) && request.get.if_match.empty())
            found.push_back(key + ": request " + std::to_string(request.of_key) +
                            " lacks If-Match");
        for (const auto& [from, until] : delivered[key])
            if (begin >= from && begin < until)
                found.push_back(key + ": request " + std::to_string(request.of_key) +
                                " begins at " + std::to_string(begin) + ", which was delivered");
        if (request.answered) answered.insert(key);
        if (request.delivered != 0) delivered[key][begin] = begin + request.delivered;
    }
    return found;
}

Answer MemoryStore::begin(const GetRequest& request, std::size_t& number) {
    std::lock_guard lock(mutex_);
    number = requests_.size();
    const auto of_key =
        std::count_if(requests_.begin(), requests_.end(),
                      [&](const Request& other) { return other.get.key == request.key; });
    requests_.push_back({static_cast<int>(number), static_cast<int>(of_key), request});
    return script_ ? script_(requests_.back()) : Answer{};
}

awaitable<void> MemoryStore::deliver(const std::string& key, int version, std::uint64_t offset,
                                     std::span<std::byte> into, std::uint64_t from,
                                     std::uint64_t until, const Answer& answer, std::size_t number,
                                     BodySink& sink) {
    const std::uint64_t seed = seed_of(key, version);
    while (from < until) {
        if (!answer.at_once) co_await yield();
        const std::uint64_t end = std::min<std::uint64_t>(from + answer.piece_bytes, until);
        for (std::uint64_t i = from; i < end; ++i) into[i] = byte_at(seed, offset + i);
        if (answer.flip && *answer.flip >= offset + from && *answer.flip < offset + end)
            into[*answer.flip - offset] ^= std::byte{4};
        from = end;
        {
            std::lock_guard lock(mutex_);
            requests_[number].delivered = from;
        }
        sink.advanced(from);
    }
}

awaitable<void> MemoryStore::get(const GetRequest& asked, BodySink& sink) {
    if (credentials.wanted()) co_await credentials.brought();
    const GetRequest request = asked;  // the sink may change it
    sink.asked();
    Running running(running_, most_running_);
    std::size_t number = 0;
    const Answer answer = begin(request, number);
    if (!answer.at_once) co_await yield();
    if (answer.before_head) co_await answer.before_head->pass();
    if (answer.refuse) throw_refusal(*answer.refuse);

    const Object object = find(request.key);
    if (!request.if_match.empty() && !is_weak_etag(request.if_match) &&
        request.if_match != object.etag())
        throw Error(ErrorKind::object_changed, "If-Match failed");
    const ObjectMeta meta{answer.claimed_size.value_or(object.size),
                          answer.claimed_etag.value_or(object.etag()), 1'700'000'000};
    ByteRange body{0, object.size};
    if (request.range) {
        if (request.range->begin >= object.size && request.range->begin != 0)
            throw Error(ErrorKind::range_not_satisfiable, "the range begins beyond the end");
        body = {request.range->begin, std::min(request.range->end, object.size)};
    }
    const ByteRange claimed{body.begin + static_cast<std::uint64_t>(answer.shift),
                            body.end + static_cast<std::uint64_t>(answer.shift)};
    if (verifies_ && !request.range)
        if (const auto said = checksum_of(request.key)) sink.checksum(*said);
    const auto [into, behind] = sink.begin(meta, claimed);
    body.begin += behind;
    {
        std::lock_guard lock(mutex_);
        requests_[number].answered = true;
    }
    const std::uint64_t first = std::min<std::uint64_t>(answer.deliver, into.size());
    co_await deliver(request.key, object.version, body.begin, into, 0, first, answer, number, sink);
    if (answer.before_rest) co_await answer.before_rest->pass();
    if (answer.cut) throw *answer.cut;
    if (answer.stop) co_return;
    co_await deliver(request.key, object.version, body.begin, into, first, into.size(), answer,
                     number, sink);
    sink.filled();
}

void MemoryStore::throw_refusal(const Error& error) {
    if (error.kind == ErrorKind::expired_credentials) credentials.ask();
    throw error;
}

awaitable<void> MemoryStore::question() {
    if (credentials.wanted()) co_await credentials.brought();
    co_await yield();
    int number = 0;
    {
        std::lock_guard lock(mutex_);
        number = asked_++;
    }
    if (before_answers) co_await before_answers->pass();
    std::lock_guard lock(mutex_);
    if (!questions_) co_return;
    if (const auto error = questions_(number)) throw_refusal(*error);
}

awaitable<ObjectMeta> MemoryStore::head(const std::string& key) {
    co_await question();
    co_return meta(key);
}

awaitable<std::optional<ObjectChecksum>> MemoryStore::checksum(const std::string& key,
                                                               const std::string& etag) {
    co_await question();
    if (meta(key).etag != etag) co_return std::nullopt;
    auto said = checksum_of(key);
    if (said && said->parts != 0) said->part_bytes = part_bytes_;
    co_return said;
}

awaitable<bool> MemoryStore::has_equal_parts(const std::string&, const std::string&,
                                             const ObjectChecksum&) {
    co_await question();
    co_return !uneven_;
}

awaitable<ListPage> MemoryStore::list_page(const ListRequest& request) {
    co_await question();
    const std::size_t most =
        request.max_keys > 0 ? static_cast<std::size_t>(request.max_keys) : 1000;
    ListPage page;
    std::lock_guard lock(mutex_);
    const std::string& after = request.token.empty() ? request.after : request.token;
    for (auto at = objects_.upper_bound(after); at != objects_.end(); ++at) {
        if (!at->first.starts_with(request.prefix)) continue;
        if (page.objects.size() == most) {
            page.next_token = page.objects.back().key;
            break;
        }
        page.objects.push_back({at->first, {at->second.size, at->second.etag(), 1'700'000'000}});
    }
    co_return page;
}

}  // namespace s3pipes::test
