// The engine of this process.
#include "core/engine/engine.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/engine/read/flow.hpp"
#include "core/words/generation.hpp"
#include "core/words/stats_page.hpp"
#include "python/register.hpp"

namespace nb = nanobind;

namespace s3pipes {
namespace {

std::chrono::milliseconds milliseconds(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

const char* name_of(InFlight::Bound bound) {
    constexpr const char* names[] = {"nothing", "reader", "max_requests", "crowding"};
    return names[static_cast<int>(bound)];
}

struct FlowFigures {
    std::string origin;
    Nearness nearness;
    double first_byte_s, seconds_per_byte, bytes_per_s, crowding, requests_per_s_limit;
    int running, limit;
    const char* limited_by;
};

std::vector<FlowFigures> figures_of_flows(Engine& engine) {
    std::vector<FlowFigures> found;
    std::lock_guard lock(engine.mutex());
    for (const auto& [origin, flow] : engine.scheduler().flows()) {
        const Path& path = flow.path;
        if (!path.nearness().known()) continue;
        found.push_back({origin, path.nearness(), path.first_byte_s(), path.seconds_per_byte(),
                         path.bytes_per_s(), flow.in_flight.crowding(), flow.pace.per_s(),
                         flow.running, flow.in_flight.limit(),
                         flow.pace.active() ? "throttling" : name_of(flow.in_flight.bound())});
    }
    return found;
}

// Without the mutex: where Python makes an object it may collect others, and a stream among them
// wants the mutex at its end.
nb::list flows_of(Engine& engine) {
    nb::list found;
    for (const FlowFigures& flow : figures_of_flows(engine)) {
        nb::dict one;
        one["url"] = flow.origin;
        one["near"] = flow.nearness.near();
        one["first_byte_s"] = flow.first_byte_s;
        one["connection_bytes_per_s"] = flow.seconds_per_byte > 0 ? 1 / flow.seconds_per_byte : 0.0;
        one["bytes_per_s"] = flow.bytes_per_s;
        one["crowding"] = flow.crowding;
        one["requests_running"] = flow.running;
        one["requests_limit"] = flow.limit;
        one["limited_by"] = flow.limited_by;
        one["requests_per_s_limit"] = flow.requests_per_s_limit;
        found.append(one);
    }
    return found;
}

nb::tuple counts_of(const Histogram<std::uint64_t>& histogram) {
    nb::list counts;
    for (const std::uint64_t count : histogram.counts) counts.append(count);
    return nb::tuple(counts);
}

nb::dict retries_of(const StatsPage::Sum& sum) {
    nb::dict found;
    for (std::size_t i = 0; i < retry_cause_names.size(); ++i)
        found[retry_cause_names[i]] = sum.retries_by[i];
    return found;
}

nb::object all_stats() {
    const StatsPage::Sum sum = StatsPage::sum();
    const auto engine = Engine::existing();
    if (!engine && sum.requests == 0 && sum.processes == 0) return nb::none();
    nb::dict found;
    found["requests"] = sum.requests;
    found["retries"] = sum.retries;
    found["bytes_received"] = sum.bytes_received;
    found["bytes_verified"] = sum.bytes_verified;
    found["bytes_unverified"] = sum.bytes_unverified;
    found["chunks_evicted"] = sum.chunks_evicted;
    found["wait_s"] = static_cast<double>(sum.wait_ns) * 1e-9;
    found["throttled"] = sum.throttled;
    found["hedges"] = sum.hedges;
    found["hedges_won"] = sum.hedges_won;
    found["replaced"] = sum.replaced;
    found["skipped"] = sum.skipped;
    found["retries_by"] = retries_of(sum);
    found["first_byte"] = counts_of(sum.first_byte);
    found["transfer"] = counts_of(sum.transfer);
    found["requests_running"] = sum.running;
    found["streams_open"] = sum.streams;
    found["processes"] = sum.processes;
    if (!engine) return found;
    const Arena::Figures memory = engine->arena().figures();
    found["memory_used_bytes"] = memory.used;
    found["memory_free_bytes"] = memory.free;
    found["memory_outside_bytes"] = memory.outside;
    found["buffers_held"] = memory.buffers;
    found["memory_budget_bytes"] = memory.budget;
    found["event_loops"] = engine->loop_count();
    found["stores"] = flows_of(*engine);
    return found;
}

}  // namespace

void register_engine(nb::module_& module) {
    nb::class_<RetryRules>(module, "RetryRules")
        .def(
            "__init__",
            [](RetryRules* self, int max_attempts, double base_delay_s, double max_delay_s,
               double time_limit_s) {
                new (self) RetryRules;
                self->max_attempts = max_attempts;
                self->base = milliseconds(base_delay_s);
                self->throttle_base = std::max(self->throttle_base, self->base);
                self->cap = milliseconds(max_delay_s);
                self->throttle_base = std::min(self->throttle_base, self->cap);
                self->time_limit = milliseconds(time_limit_s);
            },
            nb::kw_only(), nb::arg("max_attempts"), nb::arg("base_delay_s"), nb::arg("max_delay_s"),
            nb::arg("time_limit_s"));
    nb::class_<Engine>(module, "Engine")
        .def_static(
            "of_this_process",
            [](std::uint64_t memory_bytes, int max_requests, int event_loops, int neighbours) {
                return Engine::of_this_process(
                    {memory_bytes, max_requests, event_loops, neighbours});
            },
            nb::kw_only(), nb::arg("memory_bytes"), nb::arg("max_requests"), nb::arg("event_loops"),
            nb::arg("neighbours"))
        .def("of_present_process", &Engine::of_present_process);
    module.def(
        "shut_down",
        [] {
            // A daemon thread that comes back from a wait only after the interpreter has ended is
            // killed there, which no destructor survives: it gets its chance to come back now.
            if (Engine::shut_down()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        },
        nb::call_guard<nb::gil_scoped_release>());
    module.def("stats", &all_stats);
    // Of a histogram's counts, as stats() gives them: the time that a share did not exceed.
    module.def(
        "quantile_s",
        [](const std::vector<std::uint64_t>& counts, double share) {
            return quantile_s(counts, share);
        },
        nb::arg("counts"), nb::arg("share"));
    module.def("skipped", [] { ++StatsPage::claim().skipped; });
    module.def("process_generation", [] { return process_generation(); });
}

}  // namespace s3pipes
