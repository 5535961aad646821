#include <loadsim/measure/command_content.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace loadsim::measure {
namespace {

std::optional<double> to_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// True: equal texts, or one number: 21.0 and 21 are the same to a platform that reads JSON. Integers are compared as texts, for
/// they may have more digits than a double.
bool is_same(std::string_view a, std::string_view b) {
    if (a == b) return true;
    constexpr std::string_view marks = ".eE";
    if (a.find_first_of(marks) == std::string_view::npos && b.find_first_of(marks) == std::string_view::npos)
        return false;
    const auto number = to_number(a);
    return number && number == to_number(b);
}

} // namespace

std::optional<command_difference> find_difference(const command_content& requested, const command_content& received,
                                                  std::span<const std::string> parameter_names) {
    if (requested.service && received.service && *requested.service != *received.service)
        return command_difference{
            anomaly::command_wrong_service,
            received.service->empty()
                ? fmt::format("the command has no service, '{}' was requested (if no command of the platform has one: "
                              "contract.command.service: '')",
                              *requested.service)
                : fmt::format("the command has the service '{}', '{}' was requested", *received.service,
                              *requested.service)};
    const auto count = std::min({requested.parameters.size(), received.parameters.size(), parameter_names.size()});
    std::string evidence;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& wanted = requested.parameters[i];
        const auto& found = received.parameters[i];
        if (wanted.empty() || is_same(wanted, found)) continue;
        const auto at_vehicle = found.empty() ? "no value" : fmt::format("'{}'", found);
        evidence += fmt::format("{}the parameter {} has {} in the command, '{}' was requested",
                                evidence.empty() ? "" : "; ", parameter_names[i], at_vehicle, wanted);
    }
    if (evidence.empty()) return std::nullopt;
    return command_difference{anomaly::command_wrong_parameters, std::move(evidence)};
}

} // namespace loadsim::measure
