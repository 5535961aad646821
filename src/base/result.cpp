#include <loadsim/base/result.hpp>

namespace loadsim {

std::string to_string(const problem& p) { return p.location.empty() ? p.text : p.location + ": " + p.text; }

std::string to_string(const problems& all) {
    std::string text;
    for (const auto& p : all.list) {
        if (!text.empty()) text += '\n';
        text += to_string(p);
    }
    return text;
}

void throw_exception_from_error(const problems& all, const boost::source_location& where) {
    throw std::logic_error("a result was used without a check in " + std::string(where.function_name()) + ": " +
                           to_string(all));
}

} // namespace loadsim
