// Requests that the mqtt driver has sent, by their number.
#pragma once

#include <loadsim/base/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::driver {

/// Open requests, and the vehicles of the latest ones that have had their final response, so that a second one is reported.
/// `Request`: constructible from the arguments of open(). Threads: one.
template <class Request>
class sent_requests {
public:
    /// Number of completed requests that are kept.
    static constexpr std::size_t completed_capacity = 65'536;

    template <class... Arguments>
    Request& open(std::uint64_t number, Arguments&&... arguments) {
        return open_.try_emplace(number, std::forward<Arguments>(arguments)...).first->second;
    }
    Request* find_open(std::uint64_t number) { ///< null: not open
        const auto at = open_.find(number);
        return at == open_.end() ? nullptr : &at->second;
    }
    /// The request has its final response.
    void complete(std::uint64_t number, vehicle_id v) {
        open_.erase(number);
        completed_[number % completed_capacity] = {number, v};
    }
    /// The request is given up: a response that comes later is ignored.
    void drop(std::uint64_t number) { open_.erase(number); }
    void clear() { open_.clear(); }

    /// Vehicle of a completed request that is kept.
    std::optional<vehicle_id> vehicle_of_completed(std::uint64_t number) const {
        const auto& [known, v] = completed_[number % completed_capacity];
        return number != 0 && known == number ? std::optional(v) : std::nullopt;
    }

private:
    std::unordered_map<std::uint64_t, Request> open_;
    /// Slot: number % completed_capacity; number 0: none.
    std::vector<std::pair<std::uint64_t, vehicle_id>> completed_{completed_capacity};
};

} // namespace loadsim::driver
