// Which address of a name the next connection goes to.
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <map>
#include <string>

#include "tests/address_traffic.hpp"

using namespace s3pipes;
using namespace s3pipes::test;
using namespace std::chrono_literals;

namespace {

struct Chosen {
    std::shared_ptr<Addresses> addresses = std::make_shared<Addresses>();
    std::vector<std::unique_ptr<Line>> lines;
    Addresses::Time now = AddressTraffic::time(0);

    explicit Chosen(std::size_t count) { addresses->found(some_addresses(count), now); }

    const std::string& next(std::uint64_t avoid = 0) {
        lines.push_back(addresses->choose(now, avoid));
        return lines.back()->address();
    }
    std::map<std::string, std::size_t> spread() const {
        std::map<std::string, std::size_t> all;
        for (const auto& one : addresses->view(now)) all[one.address] = one.connections;
        return all;
    }
    // An answer on each line, `factor` times as long where the address is "10.0.0.1".
    void answer(double factor, double latency_s = 0.030) {
        for (const auto& line : lines) {
            const double times = line->address() == "10.0.0.1" ? factor : 1;
            line->answered({latency_s * times, 2 << 20, 0.035 * times}, now);
        }
        now += 300ms;
    }
    bool left(const std::string& address = "10.0.0.1") const {
        for (const auto& one : addresses->view(now))
            if (one.address == address) return one.left;
        return false;
    }
    // The connections that a left address should lose.
    void end_those_not_staying() {
        std::erase_if(lines, [](const auto& line) { return !line->stays(); });
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_addresses)

BOOST_AUTO_TEST_CASE(connections_are_spread_evenly_in_the_order_found) {
    Chosen chosen(8);
    for (std::size_t i = 0; i < 8; ++i) BOOST_TEST(chosen.next() == some_addresses(8)[i]);
    for (int i = 0; i < 13; ++i) chosen.next();
    for (const auto& [address, connections] : chosen.spread()) {
        BOOST_TEST(connections >= 2u);
        BOOST_TEST(connections <= 3u);
    }
    // Whoever loses its connections gets the next ones.
    std::erase_if(chosen.lines, [](const auto& line) { return line->address() == "10.0.0.3"; });
    BOOST_TEST(chosen.next() == "10.0.0.3");
    // One after the other, each used for one answer only, they go round.
    chosen.lines.clear();
    std::map<std::string, int> seen;
    for (int i = 0; i < 80; ++i) {
        ++seen[chosen.next()];
        chosen.lines.clear();
    }
    for (const auto& [address, times] : seen) BOOST_TEST(times == 10);
}

BOOST_AUTO_TEST_CASE(a_line_that_another_address_won_counts_there) {
    Chosen chosen(3);
    chosen.next();
    const auto order = chosen.addresses->order(*chosen.lines.back(), chosen.now);
    BOOST_TEST((order == some_addresses(3)));
    chosen.lines.back()->moved_to("10.0.0.2");
    BOOST_TEST(chosen.lines.back()->address() == "10.0.0.2");
    BOOST_TEST(chosen.spread()["10.0.0.1"] == 0u);
    BOOST_TEST(chosen.spread()["10.0.0.2"] == 1u);
    chosen.lines.clear();
    BOOST_TEST(chosen.spread()["10.0.0.2"] == 0u);
}

BOOST_AUTO_TEST_CASE(another_try_goes_to_another_address) {
    Chosen chosen(2);
    chosen.next();
    const std::uint64_t failed = chosen.lines.back()->mark();
    BOOST_TEST(failed != 0u);
    for (int i = 0; i < 10; ++i) BOOST_TEST(chosen.next(failed) == "10.0.0.2");
    Chosen alone(1);
    alone.next();
    BOOST_TEST(alone.next(alone.lines.back()->mark()) == "10.0.0.1");
    BOOST_TEST(!alone.lines.back()->compared());
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_reached_is_put_aside_for_a_while) {
    Chosen chosen(3);
    chosen.addresses->put_aside("10.0.0.2", chosen.now);
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST(chosen.next() != "10.0.0.2");
        BOOST_TEST(chosen.addresses->order(*chosen.lines.back(), chosen.now).back() == "10.0.0.2");
    }
    chosen.now += Addresses::aside_for + 1s;
    BOOST_TEST(chosen.next() == "10.0.0.2");
    for (const auto& address : some_addresses(3)) chosen.addresses->put_aside(address, chosen.now);
    BOOST_TEST(!chosen.next().empty());  // it is all there is
}

BOOST_AUTO_TEST_CASE(what_earlier_look_ups_found_stays_for_a_while) {
    Addresses::Time now = AddressTraffic::time(0);
    const auto addresses = std::make_shared<Addresses>();
    const auto known = [&](const std::string& address) {
        const auto all = addresses->view(now);
        return std::any_of(all.begin(), all.end(),
                           [&](const auto& one) { return one.address == address && !one.aside; });
    };
    addresses->found({"a", "b"}, now);
    now += 5s;
    addresses->found({"c", "d"}, now);
    for (const auto* address : {"a", "b", "c", "d"}) BOOST_TEST(known(address));
    // Of those that are named no more, one that fails is forgotten at once.
    addresses->put_aside("a", now);
    addresses->put_aside("c", now);
    BOOST_TEST(addresses->view(now).size() == 3u);
    BOOST_TEST(!known("a"));
    BOOST_TEST(!known("c"));
    // The rest after a while, and then no connection goes there, though some may be left.
    std::vector<std::unique_ptr<Line>> lines;
    for (int i = 0; i < 4; ++i) lines.push_back(addresses->choose(now));
    std::erase_if(lines, [](const auto& line) { return line->address() != "b"; });
    BOOST_TEST(!lines.empty());
    now += Addresses::kept_for + 1s;
    addresses->found({"c", "d"}, now);
    BOOST_TEST(!known("b"));
    for (int i = 0; i < 10; ++i) {
        lines.push_back(addresses->choose(now));
        BOOST_TEST(lines.back()->address() != "b");
    }
    lines.clear();
    addresses->found({"c", "d"}, now);
    BOOST_TEST(addresses->view(now).size() == 2u);
    // A look-up that found nothing changes nothing.
    addresses->found({}, now);
    BOOST_TEST(addresses->view(now).size() == 2u);
}

BOOST_AUTO_TEST_CASE(so_many_addresses_are_kept_and_no_more) {
    Addresses::Time now = AddressTraffic::time(0);
    const auto addresses = std::make_shared<Addresses>();
    for (int i = 0; i < 100; ++i) {
        std::vector<std::string> answer;
        for (int j = 0; j < 8; ++j) answer.push_back(std::to_string(8 * i + j));
        now += 5s;
        addresses->found(answer, now);
        BOOST_TEST(addresses->view(now).size() <= Addresses::most);
    }
    BOOST_TEST(addresses->view(now).size() == Addresses::most);
    std::map<std::string, int> spread;
    std::vector<std::unique_ptr<Line>> lines;
    for (int i = 0; i < 256; ++i) {
        lines.push_back(addresses->choose(now));
        ++spread[lines.back()->address()];
    }
    BOOST_TEST(spread.size() == Addresses::most);
    for (const auto& [address, connections] : spread) BOOST_TEST(connections == 8);
}

BOOST_AUTO_TEST_CASE(a_slow_address_is_left_and_returns_when_it_is_good_again) {
    Chosen chosen(4);
    for (int i = 0; i < 16; ++i) chosen.next();
    for (int i = 0; i < 3; ++i) chosen.answer(5);
    BOOST_TEST(chosen.left());
    for (const auto& line : chosen.lines)
        BOOST_TEST(line->stays() == (line->address() != "10.0.0.1"));
    chosen.end_those_not_staying();
    for (int i = 0; i < 12; ++i) BOOST_TEST(chosen.next() != "10.0.0.1");
    // Still slow: one connection finds that out, then a longer pause.
    auto pause = Addresses::first_pause;
    for (int tries = 0; tries < 3; ++tries, pause *= 2) {
        chosen.now += pause - 10s;
        for (int i = 0; i < 4; ++i) BOOST_TEST(chosen.next() != "10.0.0.1");
        chosen.now += 10s;
        BOOST_TEST(chosen.next() == "10.0.0.1");
        BOOST_TEST(chosen.lines.back()->stays());
        for (int i = 0; i < 4; ++i) BOOST_TEST(chosen.next() != "10.0.0.1");
        const auto from = chosen.now;
        for (int i = 0; i < 20; ++i) chosen.answer(5);
        BOOST_TEST(chosen.left());
        chosen.end_those_not_staying();
        BOOST_TEST(chosen.spread()["10.0.0.1"] == 0u);
        chosen.now = from;
    }
    // Good again.
    chosen.now += pause;
    BOOST_TEST(chosen.next() == "10.0.0.1");
    for (int i = 0; i < 5; ++i) chosen.answer(1);
    BOOST_TEST(!chosen.left());
    BOOST_TEST(chosen.next() == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_try_that_ends_early_proves_nothing) {
    Chosen chosen(4);
    for (int i = 0; i < 16; ++i) chosen.next();
    for (int i = 0; i < 3; ++i) chosen.answer(5);
    chosen.end_those_not_staying();
    chosen.now += Addresses::first_pause;
    BOOST_TEST(chosen.next() == "10.0.0.1");
    chosen.lines.pop_back();
    BOOST_TEST(chosen.left());
    BOOST_TEST(chosen.next() != "10.0.0.1");
    chosen.now += 2 * Addresses::first_pause;
    BOOST_TEST(chosen.next() == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(never_more_than_half_are_left_and_never_the_last) {
    for (const std::size_t count : {1u, 2u, 5u}) {
        Chosen chosen(count);
        for (std::size_t i = 0; i < 16 * count; ++i) chosen.next();
        // Each ten times as slow as the one before.
        for (int round = 0; round < 50; ++round) {
            for (const auto& line : chosen.lines) {
                const double times = std::pow(10, line->address().back() - '1');
                line->answered({0.030 * times, 2 << 20, 0.035 * times}, chosen.now);
            }
            chosen.now += 300ms;
        }
        std::size_t left = 0;
        for (const auto& one : chosen.addresses->view(chosen.now)) left += one.left;
        BOOST_TEST(left == count / 2);
        BOOST_TEST(!chosen.left());
    }
    // What is left is taken back as the others cannot be reached.
    Chosen two(2);
    for (int i = 0; i < 16; ++i) two.next();
    for (int i = 0; i < 3; ++i) two.answer(5);
    BOOST_TEST(two.left());
    two.addresses->put_aside("10.0.0.2", two.now);
    BOOST_TEST(!two.left());
    BOOST_TEST(two.next() == "10.0.0.1");
    BOOST_TEST(two.lines.back()->stays());
}

BOOST_AUTO_TEST_CASE(one_that_delivers_somewhat_less_gets_fewer) {
    Chosen chosen(4);
    for (int i = 0; i < 64; ++i) chosen.next();
    for (int i = 0; i < 10; ++i) chosen.answer(1.7);
    BOOST_TEST(!chosen.left());
    chosen.lines.clear();
    for (int i = 0; i < 64; ++i) chosen.next();
    auto spread = chosen.spread();
    BOOST_TEST(spread["10.0.0.1"] >= 9u);
    BOOST_TEST(spread["10.0.0.1"] <= 13u);
    BOOST_TEST(spread["10.0.0.2"] >= 17u);
}

BOOST_AUTO_TEST_CASE(a_near_store_s_microseconds_do_not_matter) {
    Chosen chosen(2);
    for (int i = 0; i < 16; ++i) chosen.next();
    for (int i = 0; i < 100; ++i) {
        for (const auto& line : chosen.lines) {
            const double times = line->address() == "10.0.0.1" ? 10 : 1;
            line->answered({0.0002 * times, 1 << 20, 0.0002 * times}, chosen.now);
        }
        chosen.now += 50ms;
        BOOST_TEST(!chosen.left());
    }
}

BOOST_AUTO_TEST_SUITE_END()
