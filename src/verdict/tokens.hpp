// A budget's line cut into its parts. No meaning yet.
#pragma once

#include <loadsim/base/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::verdict {

struct label {
    std::string_view key;
    std::string_view value;
};

struct tokens {
    std::string figure; ///< without labels: "e2e.p99"
    std::vector<label> labels;
    std::string_view op;
    std::string_view limit;
};

/// Views point into `expression`. Errors: a part that is missing, a brace that is not closed, a label without '='.
result<tokens> cut(std::string_view expression);

} // namespace loadsim::verdict
