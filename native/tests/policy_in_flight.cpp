// How many requests, and how near a store is.
#include <boost/test/unit_test.hpp>
#include <random>

#include "core/policy/in_flight.hpp"
#include "core/policy/nearness.hpp"

using namespace s3pipes;

namespace {

// A store as far as S3.
InFlight far_away(int ceiling) {
    Nearness nearness;
    for (int i = 0; i < 4; ++i) nearness.answered(0.030);
    InFlight in_flight(ceiling);
    in_flight.answered(nearness);
    return in_flight;
}

Span span_of(double in_flight, double crowding, double request_s = 0.05) {
    Span span;
    span.answers = 64;
    span.seconds = 0.1;
    span.in_flight = in_flight;
    span.crowding = crowding;
    span.load_s = in_flight * request_s;
    return span;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_in_flight)

BOOST_AUTO_TEST_CASE(a_near_store_gets_what_a_loop_can_answer) {
    InFlight in_flight(256);
    Nearness nearness;
    nearness.answered(0.0002);
    in_flight.answered(nearness);
    BOOST_TEST(in_flight.limit() == 8);
    in_flight.spanned(span_of(8, 1), in_flight.limit());  // and stays so
    BOOST_TEST(in_flight.limit() == 8);
    Nearness rack;
    rack.answered(0.0015);
    in_flight.answered(rack);
    BOOST_TEST(in_flight.limit() == 30);
}

BOOST_AUTO_TEST_CASE(a_quick_store_of_narrow_connections_is_far) {
    Nearness express;
    express.answered(0.0015);
    BOOST_TEST(express.near());
    for (int i = 0; i < 31; ++i) express.streamed(57e6, 100'000);
    BOOST_TEST(express.near());  // small ones prove little
    for (int i = 0; i < 4; ++i) express.streamed(57e6, 2 << 20);
    BOOST_TEST(!express.near());
    BOOST_TEST(express.known());
    express.streamed(2e9, 2 << 20);
    BOOST_TEST(express.near());
}

BOOST_AUTO_TEST_CASE(it_doubles_while_nothing_queues_and_all_of_it_is_used) {
    InFlight in_flight = far_away(1024);
    BOOST_TEST(in_flight.limit() == 128);
    in_flight.spanned(span_of(120, 1), in_flight.limit());
    BOOST_TEST(in_flight.limit() == 256);
    in_flight.spanned(span_of(120, 1), in_flight.limit());  // the reader asks for no more
    BOOST_TEST(in_flight.limit() == 256);
    BOOST_TEST((in_flight.bound() == InFlight::Bound::reader));
    for (int i = 0; i < 3; ++i) in_flight.spanned(span_of(in_flight.limit(), 1), in_flight.limit());
    BOOST_TEST(in_flight.limit() == 1024);
    BOOST_TEST((in_flight.bound() == InFlight::Bound::requests));
}

BOOST_AUTO_TEST_CASE(it_rests_where_requests_queue) {
    // What is in the way answers as many as 40 do that do not queue.
    InFlight in_flight = far_away(256);
    for (int i = 0; i < 30; ++i) {
        const double now = in_flight.limit();
        BOOST_TEST(!in_flight.spanned(span_of(now, std::max(1.0, now / 40)), in_flight.limit()));
        BOOST_TEST(in_flight.limit() >= now / 2 - 1);
    }
    BOOST_TEST(in_flight.limit() >= 2.5 * 40);
    BOOST_TEST(in_flight.limit() <= 2.5 * 40 + 10);
    BOOST_TEST((in_flight.bound() == InFlight::Bound::crowding));
}

BOOST_AUTO_TEST_CASE(what_asking_for_less_does_not_cure_is_no_queue) {
    InFlight in_flight = far_away(256);
    in_flight.spanned(span_of(128, 1), in_flight.limit());
    BOOST_TEST(in_flight.limit() == 256);
    int spans = 0;
    while (!in_flight.spanned(span_of(in_flight.limit(), 5), in_flight.limit()) && spans < 20)
        ++spans;
    BOOST_TEST(spans < 5);
    BOOST_TEST(in_flight.limit() == 256);
}

BOOST_AUTO_TEST_CASE(the_last_ones_of_many_say_nothing) {
    InFlight in_flight = far_away(256);
    in_flight.spanned(span_of(100, 9), 10);
    BOOST_TEST(in_flight.limit() == 128);
}

BOOST_AUTO_TEST_CASE(smaller_requests_are_no_proof_of_having_asked_for_less) {
    InFlight in_flight = far_away(256);
    in_flight.spanned(span_of(128, 5, 0.05), in_flight.limit());
    // A quarter as many, four times as long each: the same bytes are on their way.
    BOOST_TEST(!in_flight.spanned(span_of(32, 5, 0.2), in_flight.limit()));
}

BOOST_AUTO_TEST_CASE(the_limit_stays_within_its_bounds_whatever_comes) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        const int ceiling = 1 + static_cast<int>(random() % 500);
        InFlight in_flight(ceiling);
        Nearness nearness;
        std::exponential_distribution<double> some(1.0);
        for (int i = 0; i < 300; ++i) {
            switch (random() % 3) {
                case 0: nearness.answered(some(random) * 0.03); break;
                case 1: in_flight.answered(nearness); break;
                default:
                    in_flight.spanned(span_of(some(random) * 100, 1 + some(random) * 4),
                                      in_flight.limit());
            }
            BOOST_REQUIRE_GE(in_flight.limit(), 1);
            BOOST_REQUIRE_LE(in_flight.limit(), ceiling);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_store_is_far_until_it_has_answered_quickly) {
    Nearness nearness;
    BOOST_TEST(!nearness.near());
    nearness.answered(0.030);
    BOOST_TEST(!nearness.near());
    nearness.answered(0.003);
    BOOST_TEST(!nearness.near());
    nearness.answered(0.0009);
    BOOST_TEST(nearness.near());
}

BOOST_AUTO_TEST_CASE(the_first_answers_of_a_near_store_may_be_late) {
    Nearness stalled;
    for (int i = 0; i < 3; ++i) stalled.answered(0.020);
    for (int i = 0; i < 12; ++i) stalled.answered(0.005);
    BOOST_TEST(!stalled.known());
    InFlight in_flight(256);
    in_flight.answered(stalled);
    in_flight.spanned(span_of(8, 1), 8);
    BOOST_TEST(in_flight.limit() == 8);
    stalled.answered(0.001);
    BOOST_TEST(stalled.near());
    Nearness far;  // as S3, which takes 10 ms at least
    for (int i = 0; i < 4; ++i) far.answered(0.011);
    BOOST_TEST(far.known());
    BOOST_TEST(!far.near());
    Nearness alone;
    alone.answered(0.020, true);
    BOOST_TEST(alone.known());
    BOOST_TEST(!alone.near());
    Nearness between;
    for (int i = 0; i < 16; ++i) between.answered(0.005);
    BOOST_TEST(between.known());
}

BOOST_AUTO_TEST_CASE(answers_that_queue_do_not_make_a_near_store_far) {
    Nearness nearness;
    for (int i = 0; i < 10'000; ++i) {
        nearness.answered(i % 100 == 0 ? 0.0005 : 0.040);
        BOOST_REQUIRE(nearness.near());
    }
    // Until nothing else comes, for hundreds of answers.
    int answers = 0;
    for (; nearness.near() && answers < 10'000; ++answers) nearness.answered(0.040);
    BOOST_TEST(answers > 200);
    BOOST_TEST(answers < 1000);
}

BOOST_AUTO_TEST_SUITE_END()
