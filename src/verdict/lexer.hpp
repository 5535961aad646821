// Lexer for budget expressions; does not check names.
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

struct budget_tokens {
    std::string metric; ///< without labels: "e2e.p99"
    std::vector<label> labels;
    std::string_view op;
    std::string_view limit;
};

/// Views point into `expression`. Errors: a missing part, an unclosed brace, a label without '='.
result<budget_tokens> tokenize(std::string_view expression);

} // namespace loadsim::verdict
