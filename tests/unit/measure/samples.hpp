// Histograms made of whole numbers only, so that they are the same wherever they are made.
#pragma once

#include <loadsim/base/draw.hpp>
#include <loadsim/measure/histogram.hpp>

#include <map>
#include <string>
#include <vector>

namespace loadsim::measure {

/// Microseconds of every magnitude up to 2^31 (36 minutes).
inline std::vector<std::int64_t> drawn_microseconds(std::size_t n, std::uint64_t seed) {
    std::vector<std::int64_t> drawn;
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto bits = draw_below(31, seed, stream::behaviour, 1, i);
        drawn.push_back(static_cast<std::int64_t>(draw_below(std::uint64_t{2} << bits, seed, stream::behaviour, 2, i)));
    }
    return drawn;
}

inline histogram recorded(const std::vector<std::int64_t>& microseconds) {
    histogram h;
    for (const auto us : microseconds) h.record(std::chrono::microseconds{us});
    return h;
}

/// What tests/data/hdr/ours.hlog holds, by tag.
inline std::map<std::string, histogram> our_log() {
    return {{"golden", recorded({1, 1000, 1'000'000})},
            {"empty", {}},
            {"one", recorded({123'456})},
            {"edges", recorded({0, 2047, 2048, 2049, 4095, 4096, 3'599'999'999, 3'600'000'000})},
            {"drawn", recorded(drawn_microseconds(5000, 1))}};
}

} // namespace loadsim::measure
