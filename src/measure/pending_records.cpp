#include "pending_records.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::measure {

void pending_records::add(request_record r, monotonic_time deadline) {
    auto request = r.request_id;
    by_request_.insert_or_assign(std::move(request), pending_record{std::move(r), deadline});
}

request_record* pending_records::find(std::string_view request) {
    if (by_request_.empty()) return nullptr;
    const auto at = by_request_.find(std::string(request));
    return at == by_request_.end() ? nullptr : &at->second.record;
}

void pending_records::expire_by(std::string_view request, monotonic_time deadline) {
    const auto at = by_request_.find(std::string(request));
    if (at != by_request_.end()) at->second.deadline = std::min(at->second.deadline, deadline);
}

std::vector<request_record> pending_records::take_expired(monotonic_time now) {
    std::vector<request_record> expired;
    for (auto at = by_request_.begin(); at != by_request_.end();) {
        const bool is_expired = at->second.deadline <= now;
        if (is_expired) expired.push_back(std::move(at->second.record));
        at = is_expired ? by_request_.erase(at) : std::next(at);
    }
    std::ranges::sort(expired, {}, &request_record::arrival);
    return expired;
}

} // namespace loadsim::measure
