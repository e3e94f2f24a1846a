#include "core/words/stats_page.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "core/words/generation.hpp"
#include "core/words/process_tag.hpp"

namespace s3pipes {
namespace {

// A place outlives its process: whoever takes it over, a brother of the same parents, counts on
// from what it holds. So nothing has to be added up, or locked, when a process has died.
struct alignas(64) Place {
    std::atomic<ProcessTag> owner;  // 0: nobody had it yet, nor any behind it
    std::array<std::atomic<ProcessTag>, std::tuple_size_v<Lineage>> parents;
    Stats stats;

    bool has_parents(const Lineage& lineage) const noexcept {
        return std::equal(lineage.begin(), lineage.end(), parents.begin());
    }
    bool comes_from(ProcessTag ancestor) const noexcept {
        return std::find(parents.begin(), parents.end(), ancestor) != parents.end();
    }
    bool take(ProcessTag from, ProcessTag mine) noexcept {
        if (!owner.compare_exchange_strong(from, mine)) return false;
        // What its owner had running has ended with it.
        for (auto* now : {&stats.running, &stats.streams, &stats.waiting}) now->store(0);
        return true;
    }
};

struct Page {
    std::array<std::atomic<std::uint64_t>, 4096> told;
    std::array<Place, 4096> places;  // touched, and so costing memory, one after the other
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

std::atomic<Page*> shared_page{nullptr};

StatsPage::Sum figures_of(const Stats& stats, bool living) noexcept {
    StatsPage::Sum sum;
    sum.add(stats, living);
    return sum;
}

// What this process counts in.
struct Own {
    std::atomic<Stats*> stats{nullptr};
    StatsPage::Sum base;  // of who had the place before
    Stats alone;
};

Place* free_place(Page& page) noexcept {
    const Lineage parents = lineage();
    const ProcessTag mine = tag_of_this_process();
    for (Place& place : page.places) {
        const ProcessTag owner = place.owner.load();
        if (owner == 0) {
            if (!place.take(0, mine)) continue;
            std::copy(parents.begin(), parents.end(), place.parents.begin());
            return &place;
        }
        if (place.has_parents(parents) && !lives(owner) && place.take(owner, mine)) return &place;
    }
    return nullptr;
}

std::uint64_t hash_of(const std::string& text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash | 1;  // 0 is nothing
}

}  // namespace

void StatsPage::Sum::add(const Stats& stats, bool living) noexcept {
    for_each_counter(*this, stats, [](std::uint64_t& sum, const auto& figure) {
        sum += figure.load(std::memory_order_relaxed);
    });
    if (!living) return;
    running += stats.running.load();
    streams += stats.streams.load();
    ++processes;
}

std::size_t StatsPage::bytes() noexcept {
    return sizeof(Page);
}

bool StatsPage::share(int descriptor) noexcept {
    struct stat found{};
    if (::fstat(descriptor, &found) != 0) return false;
    if (found.st_size != static_cast<off_t>(sizeof(Page))) return false;
    void* const at =
        ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (at == MAP_FAILED) return false;
    shared_page.store(static_cast<Page*>(at));
    return true;
}

Stats& StatsPage::claim() noexcept {
    Own& own = of_this_process<Own>();
    if (Stats* const claimed = own.stats.load()) return *claimed;
    Page* const page = shared_page.load();
    Place* const place = page != nullptr ? free_place(*page) : nullptr;
    if (place != nullptr) own.base = figures_of(place->stats, false);
    own.stats.store(place != nullptr ? &place->stats : &own.alone);
    return *own.stats.load();
}

StatsPage::Sum StatsPage::sum() noexcept {
    const Own& own = of_this_process<Own>();
    Sum sum;
    const Stats* const mine = own.stats.load();
    if (mine != nullptr) {
        sum = figures_of(*mine, true);
        for_each_counter(sum, own.base,
                         [](std::uint64_t& figure, std::uint64_t before) { figure -= before; });
    }
    const Page* const page = shared_page.load();
    if (page == nullptr) return sum;
    const ProcessTag me = tag_of_this_process();
    for (const Place& place : page->places) {
        const ProcessTag owner = place.owner.load();
        if (owner == 0) break;
        if (&place.stats != mine && place.comes_from(me)) sum.add(place.stats, lives(owner));
    }
    return sum;
}

bool StatsPage::first_to_tell(const std::string& cause) noexcept {
    Page* const page = shared_page.load();
    if (page == nullptr) return true;
    const std::uint64_t hash = hash_of(cause);
    for (std::size_t i = 0; i < page->told.size(); ++i) {
        std::uint64_t found = 0;
        if (page->told[(hash + i) % page->told.size()].compare_exchange_strong(found, hash))
            return true;
        if (found == hash) return false;
    }
    return true;
}

}  // namespace s3pipes
