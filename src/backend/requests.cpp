#include "requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace loadsim::backend {

std::optional<vin> vin::parse(std::string_view text) {
    vin parsed;
    if (text.size() != parsed.text_.size()) return std::nullopt;
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'O' && c != 'Q');
    };
    if (!std::ranges::all_of(text, allowed)) return std::nullopt;
    std::ranges::copy(text, parsed.text_.begin());
    return parsed;
}

request_table::request_table(std::uint32_t prefix, nanoseconds time_to_live, std::size_t remembered)
    : prefix_(prefix), time_to_live_(time_to_live), remembered_(remembered) {}

request& request_table::add(const vin& vehicle, std::uint16_t service, monotonic_time now) {
    evict(now);
    auto& added = requests_.emplace_back();
    added.number = request_number{first_ + requests_.size() - 1};
    added.vin = vehicle;
    added.service = service;
    added.entered[request::slot(state::created)] = now;
    active_.emplace(added.vin.view(), added.number);
    ++counts_.created;
    return added;
}

std::optional<std::size_t> request_table::index_of(request_number number) const {
    // Unsigned: numbers of evicted requests wrap around to values beyond the end.
    const auto index = static_cast<std::uint64_t>(number) - first_;
    return index < requests_.size() && !requests_[index].dropped ? std::optional{index} : std::nullopt;
}

request* request_table::find(request_number number) {
    const auto index = index_of(number);
    return index ? &requests_[*index] : nullptr;
}

const request* request_table::find(request_number number) const {
    const auto index = index_of(number);
    return index ? &requests_[*index] : nullptr;
}

std::optional<request_number> request_table::find(std::string_view id, monotonic_time now) const {
    const auto number = parse(id);
    const auto* found = number ? find(*number) : nullptr;
    return found != nullptr && !expired(*found, now) ? number : std::nullopt;
}

const request* request_table::active(const vin& vehicle) const {
    const auto found = active_.find(vehicle.view());
    return found == active_.end() ? nullptr : find(found->second);
}

void request_table::enter(request& r, state to, std::string reason, monotonic_time now) {
    r.state = to;
    r.reason = std::move(reason);
    r.entered[request::slot(to)] = now;
    if (!is_final(to)) return;
    active_.erase(r.vin.view());
    ++(to == state::executed ? counts_.executed : counts_.failed);
}

void request_table::drop_active(request_number number) {
    auto* r = find(number);
    if (r == nullptr || is_final(r->state)) return;
    active_.erase(r->vin.view());
    r->dropped = true;
}

bool request_table::is_dropped(request_number number) const {
    const auto index = static_cast<std::uint64_t>(number) - first_;
    return index < requests_.size() && requests_[index].dropped;
}

void request_table::evict(monotonic_time now) {
    const auto evictable = [&](const request& r) {
        return r.dropped || (is_final(r.state) && (requests_.size() > remembered_ || expired(r, now)));
    };
    while (!requests_.empty() && evictable(requests_.front())) {
        requests_.pop_front();
        ++first_;
    }
}

std::string request_table::id(request_number number) const {
    return fmt::format("{:08x}{:08x}", prefix_, static_cast<std::uint64_t>(number));
}

std::optional<request_number> request_table::parse(std::string_view id) const {
    std::uint64_t number = 0;
    if (id.size() <= 8) return std::nullopt;
    const auto [end, error] = std::from_chars(id.data() + 8, id.data() + id.size(), number, 16);
    // Each request has exactly one id: other spellings of the same number are rejected.
    if (error != std::errc{} || this->id(request_number{number}) != id) return std::nullopt;
    return request_number{number};
}

request_counts request_table::counts() const {
    auto now = counts_;
    now.active = active_.size();
    now.remembered = requests_.size();
    return now;
}

const request& processing::create_request(const vin& vehicle, std::uint16_t service) {
    const auto now = time_.now();
    const auto& created = requests_.add(vehicle, service, now);
    publish_change(created, now);
    return created;
}

bool processing::transition(request& r, state to, std::string reason) {
    if (!may_follow(r.state, to)) return false;
    const auto now = time_.now();
    requests_.enter(r, to, std::move(reason), now);
    publish_change(r, now);
    return true;
}

void processing::publish_change(const request& r, monotonic_time at) {
    changes_.publish({r.number, r.vin, r.service, r.state, r.reason, at});
}

} // namespace loadsim::backend
