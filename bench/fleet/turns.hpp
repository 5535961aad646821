// One run after the other.
#pragma once

#include "comparison.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::bench {

/// The runs of both, in the order of the pairs.
struct duel {
    std::vector<figures> floor;
    std::vector<figures> loadsim;
};

/// Shape: a run that goes wrong (a busy machine may lose an answer) is made again, twice at most, and is remembered.
class turns {
public:
    using run = std::function<figures()>;

    figures one(const std::string& name, const run&);
    /// Back to back, so often; who begins changes.
    duel pairs(const std::string& name, std::uint32_t count, const run& floor, const run& loadsim);

    /// What went wrong, a sentence each.
    const std::vector<std::string>& repeated() const noexcept { return repeated_; }

private:
    std::vector<std::string> repeated_;
};

} // namespace loadsim::bench
