// Whether something that was posted is to be posted again, and when.
#pragma once

#include <loadsim/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::backend {

/// `status`: of the answer; 0: there was none. `retry_after`: its header, in seconds; a date there counts as nothing.
/// `tries`: how many there were. No answer, 408, 429 and 5xx are worth another try, first after 200 ms and then after twice as
/// long each time, at most after 5 s; not before the other side wants it. nullopt: it is not wanted, for good.
std::optional<nanoseconds> say_again_after(unsigned status, std::string_view retry_after, std::uint32_t tries);

} // namespace loadsim::backend
