// Where another attempt goes.
#include "tests/engine_rig.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

BOOST_AUTO_TEST_SUITE(engine_elsewhere)

BOOST_AUTO_TEST_CASE(the_next_attempt_avoids_where_the_last_one_failed) {
    Rig rig;
    rig.store->put("key", 1000);
    rig.store->script([](const MemoryStore::Request& request) {
        Answer answer;
        if (request.number >= 3) return answer;
        const bool throttled = request.number == 2;
        answer.refuse.emplace(throttled ? ErrorKind::throttled : ErrorKind::timeout, "no");
        answer.refuse->from = static_cast<std::uint64_t>(request.number) + 7;
        return answer;
    });
    const auto reader = rig.reader(chunk);
    const auto stream = rig.open(*reader, rig.ask("key"));
    BOOST_TEST(wrong_with(*stream, "key", 1000) == "");
    const auto requests = rig.store->requests();
    BOOST_REQUIRE(requests.size() == 4u);
    const std::vector<std::uint64_t> expected{0, 7, 8, 8};  // who is throttled is so everywhere
    for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(requests[i].get.avoid == expected[i]);
}

BOOST_AUTO_TEST_SUITE_END()
