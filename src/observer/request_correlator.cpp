#include <loadsim/observer/request_correlator.hpp>

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace loadsim::observer {
namespace {

/// Transparent hash: looks up strings by string_view.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
template <class Value>
using by_request = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

struct timed_request {
    monotonic_time since;
    std::string request;
};

} // namespace

struct request_correlator::state {
    explicit state(nanoseconds limit) : timeout(limit) {}

    void add_completed(std::string_view request, monotonic_time at) { completed.push_back({at, std::string(request)}); }
    bool is_expired(const std::deque<timed_request>& queue, monotonic_time now) const {
        return !queue.empty() && queue.front().since + timeout <= now;
    }

    const nanoseconds timeout;
    std::mutex mutex; // guards the members below
    by_request<vehicle_id> vehicles;
    by_request<std::vector<completion>> pending;
    std::deque<timed_request> completed; // completed requests, some of them already forgotten
    std::deque<timed_request> arrivals;  // kept completions, some of them already correlated
};

request_correlator::request_correlator(nanoseconds timeout) : state_(std::make_unique<state>(timeout)) {}
request_correlator::~request_correlator() = default;

std::vector<completion> request_correlator::on_accepted(std::string_view request, vehicle_id v, monotonic_time now) {
    const std::lock_guard lock(state_->mutex);
    state_->vehicles.insert_or_assign(std::string(request), v);
    const auto matched = state_->pending.find(request);
    if (matched == state_->pending.end()) return {};
    auto completions = std::move(matched->second);
    state_->pending.erase(matched);
    state_->add_completed(request, now);
    return completions;
}

std::optional<vehicle_id> request_correlator::correlate(const completion& event) {
    const std::lock_guard lock(state_->mutex);
    if (const auto vehicle = state_->vehicles.find(event.request); vehicle != state_->vehicles.end()) {
        state_->add_completed(event.request, event.at);
        return vehicle->second;
    }
    state_->pending[event.request].push_back(event);
    state_->arrivals.push_back({event.at, event.request});
    return std::nullopt;
}

void request_correlator::on_completed(std::string_view request, monotonic_time at) {
    const std::lock_guard lock(state_->mutex);
    if (state_->vehicles.contains(request)) state_->add_completed(request, at);
}

std::vector<completion> request_correlator::expired(monotonic_time now) {
    const std::lock_guard lock(state_->mutex);
    auto& all = *state_;
    for (; all.is_expired(all.completed, now); all.completed.pop_front())
        if (const auto known = all.vehicles.find(all.completed.front().request); known != all.vehicles.end())
            all.vehicles.erase(known);
    std::vector<completion> uncorrelated;
    for (; all.is_expired(all.arrivals, now); all.arrivals.pop_front()) {
        const auto pending = all.pending.find(all.arrivals.front().request);
        if (pending == all.pending.end()) continue;
        std::erase_if(pending->second, [&](completion& e) {
            const bool over = e.at + all.timeout <= now;
            if (over) uncorrelated.push_back(std::move(e));
            return over;
        });
        if (pending->second.empty()) all.pending.erase(pending);
    }
    return uncorrelated;
}

} // namespace loadsim::observer
