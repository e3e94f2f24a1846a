// What is known of stores, and what readers make of it.
#include <utility>

#include "core/engine/read/flow.hpp"
#include "core/engine/read/lane.hpp"
#include "core/engine/read/scheduler.hpp"

namespace s3pipes {
namespace {

constexpr std::size_t most_known_stores = 64;

}  // namespace

void Scheduler::raise_max_requests(int max_requests) {
    if (max_requests <= max_requests_) return;
    max_requests_ = max_requests;
    for (auto& [origin, flow] : flows_) flow->in_flight.raise_ceiling(max_requests);
}

// Outlives the stores themselves: the next client of the same place need not learn it again.
std::shared_ptr<Flow> Scheduler::flow_of(const ObjectStore& store) {
    const std::string& origin = store.origin();
    if (flows_.size() >= most_known_stores && !flows_.contains(origin))
        std::erase_if(flows_, [](const auto& known) { return known.second.use_count() == 1; });
    std::shared_ptr<Flow>& flow = flows_[origin];
    if (!flow) flow = std::make_shared<Flow>(max_requests_, neighbours_);
    return flow;
}

std::vector<Scheduler::Figures> Scheduler::flows() const {
    std::vector<Figures> found;
    for (const auto& [origin, flow] : flows_) found.push_back({origin, *flow});
    return found;
}

// To what is known of the store that answered last.
void Scheduler::adapt(Lane& lane, const Flow& flow) {
    const Nearness& nearness = flow.path.nearness();
    if (!nearness.known()) return;
    if (!lane.near) {
        // Where requests queue, fewer come first: larger ones would be more bytes in the same
        // queue.
        const std::uint64_t chunk = lane.chunk_for(flow);
        if (chunk < lane.chunk_far || flow.in_flight.crowding() <= InFlight::crowded)
            lane.chunk_far = chunk;
    }
    const bool near = nearness.near();
    if (lane.far_for_good || (std::exchange(lane.known, true) && near == lane.near)) return;
    lane.far_for_good = lane.near && !near;
    lane.near = near;
    lane.policy = lane.make_policy();
}

}  // namespace s3pipes
