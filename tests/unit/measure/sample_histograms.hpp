// Sample histograms from integer arithmetic only: identical on every machine.
#pragma once

#include <loadsim/base/random.hpp>
#include <loadsim/measure/histogram.hpp>

#include <map>
#include <string>
#include <vector>

namespace loadsim::measure {

/// Random microseconds of every magnitude up to 2^31 (36 minutes).
inline std::vector<std::int64_t> random_microseconds(std::size_t n, std::uint64_t seed) {
    std::vector<std::int64_t> drawn;
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto bits = random_below(31, seed, stream_id::behaviour, 1, i);
        drawn.push_back(
            static_cast<std::int64_t>(random_below(std::uint64_t{2} << bits, seed, stream_id::behaviour, 2, i)));
    }
    return drawn;
}

inline histogram recorded(const std::vector<std::int64_t>& microseconds) {
    histogram h;
    for (const auto us : microseconds) h.record(std::chrono::microseconds{us});
    return h;
}

/// Contents of tests/data/hdr/ours.hlog, by tag.
inline std::map<std::string, histogram> sample_log() {
    return {{"golden", recorded({1, 1000, 1'000'000})},
            {"empty", {}},
            {"one", recorded({123'456})},
            {"edges", recorded({0, 2047, 2048, 2049, 4095, 4096, 3'599'999'999, 3'600'000'000})},
            {"drawn", recorded(random_microseconds(5000, 1))}};
}

} // namespace loadsim::measure
