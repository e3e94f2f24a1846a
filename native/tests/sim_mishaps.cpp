// Rules of what goes wrong on purpose, their chance, and what they make of answers.
#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <set>
#include <stdexcept>

#include "core/s3/base64.hpp"
#include "sim/mishaps/flipped.hpp"
#include "sim/mishaps/lies.hpp"
#include "sim/mishaps/listed.hpp"
#include "sim/mishaps/mishaps.hpp"
#include "sim/s3/large_sum.hpp"
#include "sim_s3_rig.hpp"

using s3pipes::encode_base64;
using namespace s3pipes::sim;

namespace {

const Aim of_object{"GET", "bucket", "a/b.tar"};

const auto any_fits = [](const MishapRule&) { return true; };

std::vector<bool> drawn(Mishaps& mishaps, int count) {
    std::vector<bool> out;
    for (int i = 0; i < count; ++i) {
        out.push_back(mishaps.draw(Stage::question, of_object, any_fits).has_value());
    }
    return out;
}

Mishaps with(std::uint64_t seed, std::initializer_list<const char*> rules) {
    Mishaps out(seed);
    for (const char* rule : rules) out.add(MishapRule::parse(rule));
    return out;
}

Hit hit_of(const char* rule, std::uint64_t chance) {
    const auto parsed = MishapRule::parse(rule);
    return {parsed.kind, parsed.manner, chance};
}

std::string page_of(int keys) {
    std::string out = "<R><KeyCount>" + std::to_string(keys) + "</KeyCount>";
    for (int i = 0; i < keys; ++i) {
        out += "<Contents><Key>k" + std::to_string(i) + "</Key></Contents>";
    }
    return out + "</R>";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_mishaps)

BOOST_AUTO_TEST_CASE(a_rule_is_read_from_words) {
    const auto rule = MishapRule::parse(
        "status share=0.25 times=3 after=2 method=PUT key=a%20b%2F* status=503 message=a%3Db "
        "retry_after=2");
    BOOST_TEST((rule.kind == Mishap::status));
    BOOST_TEST(rule.share == 0.25);
    BOOST_TEST((rule.times == 3 && rule.after == 2));
    BOOST_TEST(rule.manner.status == 503U);
    BOOST_TEST(rule.manner.message == "a=b");
    BOOST_TEST(rule.matches("PUT", "a b/c/d"));
    BOOST_TEST(!rule.matches("GET", "a b/c/d"));
    BOOST_TEST(!rule.matches("PUT", "a c/d"));
    BOOST_TEST(MishapRule::parse("reset method=").matches("POST", "x"));
    BOOST_TEST(MishapRule::parse("list_skip").method == "LIST");
}

BOOST_AUTO_TEST_CASE(what_no_rule_can_be_is_refused) {
    for (const char* wrong :
         {"", "nothing", "black_hole", "reset for_s=1", "reset at_byte", "reset at_byte=-1",
          "stall for_s=0", "flip bits=0", "status share=2", "status share=nan", "status status=99",
          "trickle bytes_per_s=0", "slow factor=0", "reset times=x", "reset nonsense"}) {
        BOOST_CHECK_THROW(MishapRule::parse(wrong), std::invalid_argument);
    }
}

BOOST_AUTO_TEST_CASE(chance_follows_from_the_seed_and_the_rule) {
    auto one = with(1, {"status share=0.1"});
    const auto found = drawn(one, 10'000);
    auto same = with(1, {"status share=0.1"});
    BOOST_TEST((drawn(same, 10'000) == found));
    auto other = with(2, {"status share=0.1"});
    BOOST_TEST((drawn(other, 10'000) != found));
    const auto count = std::ranges::count(found, true);
    BOOST_TEST((count > 850 && count < 1150));
    // A rule that never hits does not change what another draws but for its number.
    auto second = with(1, {"status share=0", "status share=0.1"});
    BOOST_TEST((drawn(second, 10'000) != found));
}

BOOST_AUTO_TEST_CASE(after_and_times_are_kept) {
    auto mishaps = with(1, {"status after=3 times=2"});
    const auto found = drawn(mishaps, 10);
    BOOST_TEST((found == std::vector<bool>{false, false, false, true, true, false, false, false,
                                           false, false}));
    mishaps.clear();
    BOOST_TEST(!mishaps.any());
}

BOOST_AUTO_TEST_CASE(who_does_not_fit_is_not_counted) {
    auto mishaps = with(1, {"status after=1"});
    const auto none_fits = [](const MishapRule&) { return false; };
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(!mishaps.draw(Stage::question, of_object, none_fits).has_value());
        BOOST_TEST(!mishaps.draw(Stage::answer, of_object, any_fits).has_value());
    }
    BOOST_TEST((drawn(mishaps, 2) == std::vector<bool>{false, true}));
}

BOOST_AUTO_TEST_CASE(drawn_places_lie_all_over_the_body) {
    std::set<std::uint64_t> places;
    for (std::uint64_t chance = 0; chance < 2000; ++chance) {
        const auto place = hit_of("reset", chance).place(10);
        BOOST_TEST_REQUIRE(place < 10U);
        places.insert(place);
    }
    BOOST_TEST(places.size() == 10U);
    BOOST_TEST(hit_of("reset at_byte=7", 1).place(10) == 7U);
    BOOST_TEST(hit_of("reset", 1).place(0) == 0U);
}

BOOST_AUTO_TEST_CASE(flipped_bits_are_the_only_ones_however_they_are_read) {
    const auto right = std::make_shared<KeptContent>(std::string(1000, 'r'));
    const FlippedContent wrong(right,
                               {{999, std::byte{1}}, {0, std::byte{128}}, {500, std::byte{4}}});
    std::string expected(1000, 'r');
    expected[0] = static_cast<char>(expected[0] ^ 128);
    expected[500] = static_cast<char>(expected[500] ^ 4);
    expected[999] = static_cast<char>(expected[999] ^ 1);
    for (std::uint64_t begin : {0, 1, 499, 500, 501, 999}) {
        for (std::uint64_t end : {500, 501, 1000}) {
            std::string got;
            each_piece(wrong, begin, std::max(begin, end),
                       [&got](std::string_view piece) { got += piece; });
            BOOST_TEST(got == expected.substr(begin, std::max(begin, end) - begin));
        }
        const auto here = wrong.in_place(begin);
        for (std::size_t i = 0; i < here.size(); ++i) {
            BOOST_TEST_REQUIRE(static_cast<char>(here[i]) == expected[begin + i]);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_flip_changes_as_many_bits_of_a_text) {
    for (std::uint64_t chance = 0; chance < 50; ++chance) {
        Framed framed;
        framed.answer.text = std::string(40, 'a');
        const auto told = lie(framed, hit_of("flip bits=5", chance));
        int bits = 0;
        std::size_t first = 40;
        for (std::size_t i = 40; i-- > 0;) {
            const auto changed = static_cast<unsigned char>(framed.answer.text[i] ^ 'a');
            bits += std::popcount(changed);
            if (changed != 0) first = i;
        }
        BOOST_TEST(bits == 5);
        BOOST_TEST((told.at_byte == first));
    }
}

BOOST_AUTO_TEST_CASE(pages_are_spoiled_at_every_place) {
    std::set<std::string> keys;
    for (std::uint64_t chance = 0; chance < 200; ++chance) {
        auto page = page_of(5);
        const auto key = spoil_page(page, hit_of("list_skip", chance));
        keys.insert(key);
        BOOST_TEST(page.find("<Key>" + key + "<") == page.npos);
        BOOST_TEST(keys_on(page) == 4U);
        BOOST_TEST(element(page, "KeyCount") == "4");

        page = page_of(5);
        const auto twice = spoil_page(page, hit_of("list_repeat", chance));
        BOOST_TEST(keys_on(page) == 6U);
        BOOST_TEST(page.find("<Key>" + twice + "<") != page.rfind("<Key>" + twice + "<"));

        page = page_of(2);
        BOOST_TEST(spoil_page(page, hit_of("list_reorder", chance)) == "k0");
        BOOST_TEST((elements(page, "Key") == std::vector<std::string>{"k1", "k0"}));

        page = page_of(5);
        spoil_page(page, hit_of("list_broken_xml", chance));
        BOOST_TEST(page.size() < page_of(5).size());
        BOOST_TEST(page_of(5).starts_with(page));
    }
    BOOST_TEST(keys.size() == 5U);
}

BOOST_AUTO_TEST_CASE(nothing_is_told_of_what_cannot_show) {
    Answer answer;
    answer.status = 200;
    BOOST_TEST(!can_lie(MishapRule::parse("flip"), answer));
    BOOST_TEST(!can_lie(MishapRule::parse("wrong_length"), answer));
    BOOST_TEST(can_lie(MishapRule::parse("wrong_length by=1"), answer));
    BOOST_TEST(!can_lie(MishapRule::parse("wrong_range"), answer));
    BOOST_TEST(!can_lie(MishapRule::parse("wrong_etag"), answer));
    BOOST_TEST(!can_lie(MishapRule::parse("list_broken_xml"), answer));
    answer.text = "abc";
    BOOST_TEST(can_lie(MishapRule::parse("flip at_byte=2"), answer));
    BOOST_TEST(!can_lie(MishapRule::parse("flip at_byte=3"), answer));
    BOOST_TEST(!can_lie(MishapRule::parse("wrong_length by=-4"), answer));
    answer.status = 404;
    BOOST_TEST(!can_lie(MishapRule::parse("no_marks"), answer));
}

BOOST_AUTO_TEST_CASE(a_large_sum_is_that_of_the_whole) {
    auto object = std::make_shared<Object>();
    object->size = 2 * LargeSum::piece_bytes + 7;
    object->content = std::make_shared<CountedContent>(object->size, 3);
    LargeSum sum(object);
    int pieces = 1;
    while (sum.go_on()) ++pieces;
    BOOST_TEST(pieces == 3);
    BOOST_TEST(sum.finish() == encode_base64(sum_of(Algorithm::crc64nvme, *object->content)));
}

BOOST_AUTO_TEST_SUITE_END()
