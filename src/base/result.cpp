#include <loadsim/base/result.hpp>

#include <utility>

namespace loadsim {

problems::problems(problem one) { list.push_back(std::move(one)); }
problems::problems(std::string location, std::string text) { add(std::move(location), std::move(text)); }
problems::problems(const problems&) = default;
problems::problems(problems&&) noexcept = default;
problems& problems::operator=(const problems&) = default;
problems& problems::operator=(problems&&) noexcept = default;
problems::~problems() = default;

void problems::add(std::string location, std::string text) { list.push_back({std::move(location), std::move(text)}); }
void problems::add(const problems& more) { list.insert(list.end(), more.list.begin(), more.list.end()); }

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
