// The arena: its budget is a hard limit, and its memory is used again.
#include "core/memory/arena.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

using namespace s3pipes;

namespace {

constexpr std::size_t KiB = 1024;
constexpr std::size_t page = 4 * KiB;

std::shared_ptr<Buffer> charged(Arena& arena, std::size_t bytes) {
    auto charge = arena.try_charge(Arena::rounded(bytes));
    BOOST_REQUIRE(charge.has_value());
    return arena.take(std::move(*charge), bytes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(memory_arena)

BOOST_AUTO_TEST_CASE(rounding_wastes_less_than_a_page_or_an_eighth) {
    std::mt19937_64 random(1);
    std::vector<std::size_t> sizes{0, 1, page - 1, page, page + 1, 32 * KiB, 32 * KiB + 1};
    for (int i = 0; i < 20'000; ++i) sizes.push_back(random() >> (random() % 40 + 20));
    for (const std::size_t bytes : sizes) {
        const std::size_t got = Arena::rounded(bytes);
        BOOST_REQUIRE_GE(got, std::max(bytes, page));
        BOOST_REQUIRE_EQUAL(got % page, 0u);
        BOOST_REQUIRE_EQUAL(Arena::rounded(got), got);
        if (bytes > page) BOOST_REQUIRE_LT(got - bytes, std::max(page, bytes / 8 + 1));
    }
    // A growing request never gets less.
    for (std::size_t bytes = 0; bytes < 300 * KiB; bytes += 97)
        BOOST_REQUIRE_LE(Arena::rounded(bytes), Arena::rounded(bytes + 97));
}

BOOST_AUTO_TEST_CASE(charges_fit_exactly_or_not_at_all_and_end_with_their_owner) {
    const auto arena = std::make_shared<Arena>(100);
    {
        const auto first = arena->try_charge(60);
        BOOST_TEST(first.has_value());
        BOOST_TEST(!arena->try_charge(41).has_value());
        const auto second = arena->try_charge(40);
        BOOST_TEST(second.has_value());
        BOOST_TEST(arena->charged() == 100u);
        BOOST_TEST(!arena->try_charge(1).has_value());
        BOOST_TEST(arena->try_charge(0).has_value());
        BOOST_TEST(!arena->try_charge(UINT64_MAX).has_value());
    }
    BOOST_TEST(arena->charged() == 0u);
    auto moved = std::move(*arena->try_charge(70));
    moved = Charge();
    BOOST_TEST(arena->charged() == 0u);
}

BOOST_AUTO_TEST_CASE(a_budget_only_grows) {
    const auto arena = std::make_shared<Arena>(100);
    arena->raise_budget(50);
    BOOST_TEST(arena->budget() == 100u);
    arena->raise_budget(200);
    BOOST_TEST(arena->budget() == 200u);
    BOOST_TEST(arena->try_charge(200).has_value());
}

BOOST_AUTO_TEST_CASE(no_size_wraps_around) {
    const auto arena = std::make_shared<Arena>(UINT64_MAX);
    std::mt19937_64 random(3);
    for (int i = 0; i < 20'000; ++i) {
        // All of uint64, and close below its powers of two.
        const std::uint64_t bytes =
            i % 2 == 0 ? random() : (std::uint64_t{1} << (random() % 64)) - random() % 5000;
        BOOST_REQUIRE_GE(Arena::rounded(bytes), bytes);
    }
    for (const std::uint64_t bytes : {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 4096,
                                      std::uint64_t{1} << 63, (std::uint64_t{1} << 62) + 1}) {
        BOOST_CHECK_THROW(arena->take_outside(bytes), std::bad_alloc);
        auto charge = arena->try_charge(Arena::rounded(bytes));
        BOOST_REQUIRE(charge.has_value());
        BOOST_CHECK_THROW(arena->take(std::move(*charge), bytes), std::bad_alloc);
        BOOST_TEST(arena->charged() == 0u);  // a charge that found no memory is given back
        BOOST_TEST(arena->used() == 0u);
    }
}

BOOST_AUTO_TEST_CASE(memory_needs_a_charge_that_covers_it) {
    const auto arena = std::make_shared<Arena>(1 << 20);
    BOOST_CHECK_THROW(arena->take(Charge(), 10), std::bad_alloc);
    BOOST_CHECK_THROW(arena->take(std::move(*arena->try_charge(page)), page + 1), std::bad_alloc);
    // What is charged beyond it is given back.
    const auto buffer = arena->take(std::move(*arena->try_charge(10 * page)), 10);
    BOOST_TEST(arena->charged() == page);
}

BOOST_AUTO_TEST_CASE(what_was_used_last_is_used_first) {
    const auto arena = std::make_shared<Arena>(1 << 20);
    auto first = charged(*arena, 10 * KiB);
    auto second = charged(*arena, 10 * KiB);
    std::byte* const first_memory = first->data();
    std::byte* const second_memory = second->data();
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(first_memory) % page == 0u);
    second.reset();
    first.reset();
    BOOST_TEST(arena->free() == 2 * Arena::rounded(10 * KiB));
    const auto third = charged(*arena, 10 * KiB);
    const auto fourth = charged(*arena, 9 * KiB);
    BOOST_TEST(third->data() == first_memory);
    BOOST_TEST(fourth->data() == second_memory);
    BOOST_TEST(arena->free() == 0u);
}

BOOST_AUTO_TEST_CASE(free_memory_makes_way_for_another_size) {
    const auto arena = std::make_shared<Arena>(64 * KiB);
    charged(*arena, 64 * KiB).reset();
    BOOST_TEST(arena->free() == 64 * KiB);
    const auto small = charged(*arena, 8 * KiB);
    BOOST_TEST(arena->free() == 0u);  // it could not stay beside 8 KiB
    BOOST_TEST(arena->charged() == 8 * KiB);
}

BOOST_AUTO_TEST_CASE(used_memory_is_cut_and_joined_for_other_sizes) {
    constexpr std::size_t MiB = 1024 * KiB;
    const auto arena = std::make_shared<Arena>(64 * MiB);
    auto whole = charged(*arena, 8 * MiB);
    std::byte* const begin = whole->data();
    whole.reset();
    const auto inside = [&](const Buffer& buffer) {
        return buffer.data() >= begin && buffer.data() + buffer.capacity() <= begin + 8 * MiB;
    };
    std::vector<std::shared_ptr<Buffer>> pieces;
    for (const std::size_t bytes : {1 * MiB, 2 * MiB, 4 * MiB}) {
        pieces.push_back(charged(*arena, bytes));
        BOOST_TEST(inside(*pieces.back()));
        std::memset(pieces.back()->data(), static_cast<int>(pieces.size()), bytes);
    }
    BOOST_TEST(arena->free() == 1 * MiB);
    for (std::size_t i = 0; i < pieces.size(); ++i)  // none lies in another
        for (const std::size_t at : {std::size_t{0}, pieces[i]->capacity() - 1})
            BOOST_TEST((pieces[i]->data()[at] == static_cast<std::byte>(i + 1)));
    const auto beside = charged(*arena, 2 * MiB);
    BOOST_TEST(!inside(*beside));  // what is free is too short
    pieces.clear();
    BOOST_TEST(arena->free() == 8 * MiB);
    whole = charged(*arena, 8 * MiB);
    BOOST_TEST(whole->data() == begin);
    BOOST_TEST(arena->free() == 0u);
    std::memset(whole->data(), 7, 8 * MiB);
}

BOOST_AUTO_TEST_CASE(of_a_long_run_that_is_free_only_what_is_needed_makes_way) {
    constexpr std::size_t MiB = 1024 * KiB;
    const auto arena = std::make_shared<Arena>(32 * MiB);
    charged(*arena, 32 * MiB).reset();
    const auto small = charged(*arena, 10 * KiB);
    BOOST_TEST(arena->free() == 32 * MiB - 12 * KiB);
    const auto rest = charged(*arena, 16 * MiB);  // of what is left
    BOOST_TEST(arena->free() == 16 * MiB - 12 * KiB);
    std::memset(rest->data(), 1, rest->capacity());
}

BOOST_AUTO_TEST_CASE(what_is_left_of_a_cut_and_is_no_mapping_of_its_own_is_given_up) {
    const auto arena = std::make_shared<Arena>(1024 * KiB);
    auto whole = charged(*arena, 512 * KiB);
    std::byte* const begin = whole->data();
    whole.reset();
    const auto piece = charged(*arena, 288 * KiB);
    BOOST_TEST(piece->data() == begin);
    BOOST_TEST(arena->free() == 0u);
}

BOOST_AUTO_TEST_CASE(what_leaves_the_budget_makes_room_in_it_and_comes_back) {
    const auto arena = std::make_shared<Arena>(16 * KiB);
    auto users = charged(*arena, 16 * KiB);
    BOOST_TEST(!arena->try_charge(page).has_value());
    users->leave_budget();
    users->leave_budget();
    BOOST_TEST(arena->charged() == 0u);
    BOOST_TEST(arena->outside() == 16 * KiB);
    auto mine = charged(*arena, 16 * KiB);
    users.reset();  // the budget is full: its memory goes back to the system
    BOOST_TEST(arena->outside() == 0u);
    BOOST_TEST(arena->free() == 0u);
    mine.reset();
    BOOST_TEST(arena->free() == 16 * KiB);
}

BOOST_AUTO_TEST_CASE(memory_outside_takes_nothing_from_the_budget) {
    const auto arena = std::make_shared<Arena>(8 * KiB);
    const auto charge = arena->try_charge(8 * KiB);
    BOOST_TEST(charge.has_value());
    auto large = arena->take_outside(5 << 20);
    BOOST_TEST(arena->charged() == 8 * KiB);
    BOOST_TEST(arena->outside() == large->capacity());
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(large->data()) % (2 << 20) == 0u);
    std::memset(large->data(), 1, large->capacity());
    large.reset();
    BOOST_TEST(arena->outside() == 0u);
    BOOST_TEST(arena->free() == 0u);
}

BOOST_AUTO_TEST_CASE(memory_that_cannot_be_had_is_not_counted) {
    const auto arena = std::make_shared<Arena>(8 * KiB);
    BOOST_CHECK_THROW(arena->take_outside(std::size_t{1} << 60), std::bad_alloc);
    BOOST_TEST(arena->outside() == 0u);
}

BOOST_AUTO_TEST_CASE(buffers_keep_their_arena) {
    auto arena = std::make_shared<Arena>(1 << 20);
    auto buffer = charged(*arena, 300 * KiB);
    arena.reset();
    std::memset(buffer->data(), 7, buffer->capacity());
    buffer.reset();
}

BOOST_AUTO_TEST_CASE(threads_together_never_exceed_the_budget) {
    constexpr std::uint64_t budget = 2 << 20;
    const auto arena = std::make_shared<Arena>(budget);
    std::atomic<int> overruns = 0;
    std::atomic<int> overwritten = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            std::mt19937 random(static_cast<unsigned>(t));
            std::vector<std::shared_ptr<Buffer>> mine;
            const auto mark = static_cast<std::byte>(t + 1);
            const auto drop = [&](std::size_t i) {
                for (const std::byte* at = mine[i]->data();
                     at < mine[i]->data() + mine[i]->capacity(); at += 512)
                    if (*at != mark) ++overwritten;
                std::swap(mine[i], mine.back());
                mine.pop_back();
            };
            for (int i = 0; i < 4000; ++i) {
                const std::size_t bytes = random() % (random() % 4 == 0 ? 400 * KiB : 20 * KiB) + 1;
                switch (random() % 4) {
                    case 0:
                        if (auto charge = arena->try_charge(Arena::rounded(bytes)))
                            mine.push_back(arena->take(std::move(*charge), bytes));
                        break;
                    case 1:
                        if (mine.size() < 8) mine.push_back(arena->take_outside(bytes));
                        break;
                    case 2:
                        if (!mine.empty()) mine[random() % mine.size()]->leave_budget();
                        continue;
                    default:
                        if (!mine.empty()) drop(random() % mine.size());
                        continue;
                }
                if (!mine.empty())
                    std::memset(mine.back()->data(), static_cast<int>(mark),
                                mine.back()->capacity());
                if (arena->charged() > budget || arena->free() > budget) ++overruns;
                if (mine.size() > 12) drop(0);
            }
            while (!mine.empty()) drop(0);
        });
    for (auto& thread : threads) thread.join();
    BOOST_TEST(overruns == 0);
    BOOST_TEST(overwritten == 0);
    BOOST_TEST(arena->charged() == 0u);
    BOOST_TEST(arena->outside() == 0u);
    BOOST_TEST(arena->free() <= budget);
}

BOOST_AUTO_TEST_CASE(free_and_used_memory_fit_the_budget_together) {
    constexpr std::uint64_t budget = 512 * KiB;
    const auto arena = std::make_shared<Arena>(budget);
    std::mt19937 random(5);
    std::vector<std::shared_ptr<Buffer>> held;
    for (int i = 0; i < 20'000; ++i) {
        const std::size_t bytes = random() % (64 * KiB) + 1;
        auto charge = random() % 2 != 0 ? arena->try_charge(Arena::rounded(bytes)) : std::nullopt;
        if (charge)
            held.push_back(arena->take(std::move(*charge), bytes));
        else if (!held.empty())
            held.erase(held.begin() + static_cast<long>(random() % held.size()));
        BOOST_REQUIRE_LE(arena->charged() + arena->free(), budget);
    }
}

BOOST_AUTO_TEST_SUITE_END()
