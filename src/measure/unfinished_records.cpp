#include "unfinished_records.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::measure {

void unfinished_records::hold(request_record r, monotonic_time until) {
    auto request = r.request;
    by_request_.insert_or_assign(std::move(request), held{std::move(r), until});
}

request_record* unfinished_records::find(std::string_view request) {
    if (by_request_.empty()) return nullptr;
    const auto at = by_request_.find(std::string(request));
    return at == by_request_.end() ? nullptr : &at->second.record;
}

void unfinished_records::hurry(std::string_view request, monotonic_time until) {
    const auto at = by_request_.find(std::string(request));
    if (at != by_request_.end()) at->second.until = std::min(at->second.until, until);
}

std::vector<request_record> unfinished_records::take(monotonic_time now) {
    std::vector<request_record> over;
    for (auto at = by_request_.begin(); at != by_request_.end();) {
        const bool is_over = at->second.until <= now;
        if (is_over) over.push_back(std::move(at->second.record));
        at = is_over ? by_request_.erase(at) : std::next(at);
    }
    std::ranges::sort(over, {}, &request_record::arrival);
    return over;
}

} // namespace loadsim::measure
