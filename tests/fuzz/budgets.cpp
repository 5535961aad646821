// Fuzzer: arbitrary text as a budget, and as an allowance of a comparison.
// Invariants: rejected with a sentence, or the expression that the report names is a budget again, and it can be evaluated.
#include <loadsim/verdict/budget.hpp>
#include <loadsim/verdict/comparison.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace loadsim;
using namespace loadsim::verdict;

namespace {

void expect_sentence(const problems& error) {
    if (error.empty() || error.list.front().text.empty()) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto allowed = parse_allowance(text); !allowed)
        expect_sentence(allowed.error());
    else if (!std::isfinite(allowed->fraction))
        std::abort();
    const auto parsed = parse_budget(text);
    if (!parsed) {
        expect_sentence(parsed.error());
        return 0;
    }
    if (!std::isfinite(parsed->limit) || !parse_budget(parsed->expression)) std::abort();
    const auto result = evaluate_budget(*parsed, {}, {});
    if (result.sentence.empty() || result.observed_text.empty()) std::abort();
    check(*parsed, {});
    return 0;
}
