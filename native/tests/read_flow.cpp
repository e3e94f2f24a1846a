// What the policy makes of links and stores, on a simulated clock.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <random>
#include <string>

#include "tests/read_simulation.hpp"
#include "tests/sanitized.hpp"

using namespace s3pipes;
using namespace s3pipes::test;

namespace {

constexpr std::uint64_t MiB = 1 << 20;
constexpr double gigabit = 1e9 / 8;
constexpr std::uint64_t budget = 512 * MiB;
constexpr int max_requests = 256;
constexpr double long_enough_s = 3;  // less says little: late answers are rare, and hold up much

struct Profile {
    const char* name;
    double median_s, sigma, least_s, added_s;
    double connection_bytes_per_s;  // the median; varies where there is a sigma
};

constexpr Profile profiles[] = {
    {"none", 0.0002, 0, 0, 0, 4e9},
    {"s3-standard", 0.027, 0.62, 0.010, 0, 57.0 * MiB},
    {"s3-express", 0.0025, 0.57, 0.001, 0, 57.0 * MiB},
    {"far", 0.027, 0.62, 0.010, 0.150, 57.0 * MiB},
};

Simulation::Physics physics_of(const Profile& profile, unsigned seed) {
    const auto random = std::make_shared<std::mt19937>(seed);
    const auto draw = [random](double median, double sigma) {
        return sigma == 0 ? median
                          : std::lognormal_distribution<double>(std::log(median), sigma)(*random);
    };
    Simulation::Physics physics;
    physics.first_byte_s = [=] {
        return std::max(profile.least_s, draw(profile.median_s, profile.sigma)) + profile.added_s;
    };
    physics.connection_bytes_per_s = [=] {
        if (profile.sigma == 0) return profile.connection_bytes_per_s;
        return std::clamp(draw(profile.connection_bytes_per_s, 0.3), 25.0 * MiB, 93.0 * MiB);
    };
    return physics;
}

// Endless reading by so many processes of one machine, each on its own.
class Machine {
  public:
    Machine(const Profile& profile, double link_bytes_per_s, std::size_t processes,
            std::uint64_t object_bytes, const ReadRules& rules = {})
        : world_(std::make_shared<Simulation::World>()) {
        world_->link.change(link_bytes_per_s);
        for (unsigned i = 0; i < processes; ++i)
            processes_.push_back(std::make_unique<Simulation>(budget, max_requests,
                                                              physics_of(profile, i + 1), world_));
        for (const auto& process : processes_) {
            Scheduler::Lane* lane = process->scheduler.open_lane(rules);
            process->read_endlessly([this, lane, &sim = *process,
                                     object_bytes] { return sim.open(lane, object_bytes, true); },
                                    lane);
        }
    }

    ~Machine() {
        for (const auto& process : processes_) process->drop_all();
    }

    // What each process receives per second, for so many seconds from now on.
    std::vector<double> rates(double seconds) {
        std::vector<double> before;
        for (const auto& process : processes_)
            before.push_back(static_cast<double>(process->bytes_received));
        run_for(seconds);
        for (std::size_t i = 0; i < processes_.size(); ++i)
            before[i] = (static_cast<double>(processes_[i]->bytes_received) - before[i]) / seconds;
        return before;
    }

    // Of all together, as the link carries them.
    double rate(double seconds) {
        const double before = world_->link.carried_bytes();
        run_for(seconds);
        return (world_->link.carried_bytes() - before) / seconds;
    }

    void change_link(double bytes_per_s) { world_->link.change(bytes_per_s); }
    int requests() const {
        int sum = 0;
        for (const auto& process : processes_) sum += process->scheduler.running();
        return sum;
    }

  private:
    void run_for(double seconds) {
        bool over = false;
        world_->clock.at(seconds, [&] { over = true; });
        while (!over) world_->clock.step();
    }

    const std::shared_ptr<Simulation::World> world_;
    std::vector<std::unique_ptr<Simulation>> processes_;
};

// The most that is possible with the same memory and as many requests: the link, or what requests
// of the best size bring.
double optimum(const Profile& profile, double link_bytes_per_s, std::uint64_t object_bytes) {
    double best = 0;
    for (const std::uint64_t chunk : {1, 2, 4}) {
        if (best >= 0.99 * link_bytes_per_s) break;
        ReadRules rules;
        rules.chunk_bytes = chunk * MiB;
        rules.window_bytes = budget - budget / 8;
        Machine machine(profile, link_bytes_per_s, 1, object_bytes, rules);
        machine.rate(1);
        best = std::max(best, machine.rate(long_enough_s));
    }
    return best;
}

// What is reached where 0.95 of it is not: docs/decisions/0014 says why.
double least_share(const std::string& what) {
    static const std::map<std::string, double> known = {
        {"far 1 large", 0.91},  // what began together ends together, for some seconds
        {"far 1 to 10", 0.92},
        {"s3-standard 10 to 100", 0.93},  // in order, late answers leave the window full of others
    };
    const auto found = known.find(what);
    return found == known.end() ? 0.95 : found->second;
}

}  // namespace

// Long, and the same under any sanitizer.
constexpr bool worthwhile = !under_address_sanitizer && !under_thread_sanitizer;

BOOST_AUTO_TEST_SUITE(read_flow,
                      *boost::unit_test::timeout(600) * boost::unit_test::enable_if<worthwhile>())

BOOST_AUTO_TEST_CASE(every_link_is_used_from_the_second_second_on) {
    for (const Profile& profile : profiles)
        for (const double link : {1 * gigabit, 10 * gigabit, 100 * gigabit})
            for (const std::uint64_t object : {1024 * MiB, 110 * MiB / 1024}) {
                const double best = optimum(profile, link, object);
                Machine machine(profile, link, 1, object);
                const double first = machine.rate(1), then = machine.rate(long_enough_s);
                BOOST_TEST_MESSAGE(profile.name << ", " << link / gigabit << " Gb/s, " << object
                                                << " bytes: " << first / best << ", then "
                                                << then / best << " of " << best / 1e6 << " MB/s, "
                                                << machine.requests() << " requests");
                BOOST_TEST_CONTEXT(profile.name << ", " << link / gigabit << " Gb/s, " << object
                                                << " bytes, best " << best)
                BOOST_TEST(then >=
                           best * least_share(profile.name + std::string(" ") +
                                              std::to_string(static_cast<int>(link / gigabit)) +
                                              (object > MiB ? " large" : " small")));
            }
}

BOOST_AUTO_TEST_CASE(a_change_of_the_link_is_followed_within_two_seconds) {
    for (const Profile& profile : profiles)
        for (const auto& [before, after] :
             {std::pair(1.0, 10.0), std::pair(10.0, 1.0), std::pair(10.0, 100.0)}) {
            const double best = optimum(profile, after * gigabit, 1024 * MiB);
            Machine machine(profile, before * gigabit, 1, 1024 * MiB);
            machine.rate(4);
            machine.change_link(after * gigabit);
            machine.rate(2);
            const double then = machine.rate(long_enough_s);
            BOOST_TEST_MESSAGE(profile.name << ", " << before << " to " << after
                                            << " Gb/s: " << then / best << ", "
                                            << machine.requests() << " requests");
            BOOST_TEST_CONTEXT(profile.name << ", " << before << " to " << after << " Gb/s")
            BOOST_TEST(then >=
                       best * least_share(profile.name + std::string(" ") +
                                          std::to_string(static_cast<int>(before)) + " to " +
                                          std::to_string(static_cast<int>(after))));
        }
}

BOOST_AUTO_TEST_CASE(processes_come_to_a_fair_share_and_not_to_a_storm) {
    Machine machine(profiles[1], 10 * gigabit, 8, 1024 * MiB);
    constexpr double share = 10 * gigabit / 8;
    for (int second = 0; second < 8; ++second)
        for (const double rate : machine.rates(1))
            BOOST_TEST(rate >= 0.5 * share, "in second " << second);
    const auto rates = machine.rates(4);
    double sum = 0, squares = 0;
    for (const double rate : rates) sum += rate, squares += rate * rate;
    // Jain's index: 1 where all are equal, 1/8 where one has all.
    const double fairness = sum * sum / (8 * squares);
    BOOST_TEST_MESSAGE("8 processes: " << sum / 1e6 << " MB/s, fairness " << fairness << ", "
                                       << machine.requests() << " requests");
    BOOST_TEST(sum >= 0.95 * 10 * gigabit);
    BOOST_TEST(fairness >= 0.95);
    BOOST_TEST(machine.requests() <= 256);
}

BOOST_AUTO_TEST_SUITE_END()
