#include "budget_sentence.hpp"

#include <fmt/format.h>

namespace loadsim::report {

std::string budget_sentence(const verdict::budget_result& result) {
    switch (result.verdict) {
    case verdict::budget_verdict::fail:
        return fmt::format("Budget missed: {}, observed {}.", result.expression, result.observed_text);
    case verdict::budget_verdict::no_data:
        return fmt::format("Budget without data: {}, because the run has no sample of it.", result.expression);
    case verdict::budget_verdict::pass: break;
    }
    return fmt::format("{}, observed {}.", result.expression, result.observed_text);
}

} // namespace loadsim::report
