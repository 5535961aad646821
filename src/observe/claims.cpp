#include <loadsim/observe/claims.hpp>

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace loadsim::observe {
namespace {

/// Looks strings up by views.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
template <class Value>
using by_request = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

struct dated {
    monotonic_time since;
    std::string request;
};

} // namespace

struct claims::state {
    explicit state(nanoseconds wait) : patience(wait) {}

    void has_ended(std::string_view request, monotonic_time at) { ended.push_back({at, std::string(request)}); }
    bool is_over(const std::deque<dated>& queue, monotonic_time now) const {
        return !queue.empty() && queue.front().since + patience <= now;
    }

    const nanoseconds patience;
    std::mutex mutex; // of all below
    by_request<vehicle_id> known;
    by_request<std::vector<final_event>> waiting;
    std::deque<dated> ended; // requests, known or not any more
    std::deque<dated> came;  // ends that waited, or still do
};

claims::claims(nanoseconds patience) : state_(std::make_unique<state>(patience)) {}
claims::~claims() = default;

std::vector<final_event> claims::accepted(std::string_view request, vehicle_id v, monotonic_time now) {
    const std::lock_guard lock(state_->mutex);
    state_->known.insert_or_assign(std::string(request), v);
    const auto waited = state_->waiting.find(request);
    if (waited == state_->waiting.end()) return {};
    auto ends = std::move(waited->second);
    state_->waiting.erase(waited);
    state_->has_ended(request, now);
    return ends;
}

std::optional<vehicle_id> claims::claim(const final_event& seen) {
    const std::lock_guard lock(state_->mutex);
    if (const auto whose = state_->known.find(seen.request); whose != state_->known.end()) {
        state_->has_ended(seen.request, seen.at);
        return whose->second;
    }
    state_->waiting[seen.request].push_back(seen);
    state_->came.push_back({seen.at, seen.request});
    return std::nullopt;
}

void claims::ended(std::string_view request, monotonic_time at) {
    const std::lock_guard lock(state_->mutex);
    if (state_->known.contains(request)) state_->has_ended(request, at);
}

std::vector<final_event> claims::overdue(monotonic_time now) {
    const std::lock_guard lock(state_->mutex);
    auto& all = *state_;
    for (; all.is_over(all.ended, now); all.ended.pop_front())
        if (const auto known = all.known.find(all.ended.front().request); known != all.known.end())
            all.known.erase(known);
    std::vector<final_event> unclaimed;
    for (; all.is_over(all.came, now); all.came.pop_front()) {
        const auto waits = all.waiting.find(all.came.front().request);
        if (waits == all.waiting.end()) continue;
        std::erase_if(waits->second, [&](final_event& e) {
            const bool over = e.at + all.patience <= now;
            if (over) unclaimed.push_back(std::move(e));
            return over;
        });
        if (waits->second.empty()) all.waiting.erase(waits);
    }
    return unclaimed;
}

} // namespace loadsim::observe
