// What the platform's answer to a request means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace loadsim::drive {

struct http_answer {
    enum class kind : std::uint8_t { accepted, rejected, errored } what = kind::errored;
    std::string text; ///< accepted: the request's id; else why, short enough to be counted by
};

/// 202 with {"id": "..."} is accepted, 409 rejected, everything else errored.
http_answer read_answer(unsigned status, std::string_view body);

} // namespace loadsim::drive
