#include <loadsim/measure/command_content.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::measure {

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
        if (wanted.empty() || wanted == found) continue;
        const auto at_vehicle = found.empty() ? "no value" : fmt::format("'{}'", found);
        evidence += fmt::format("{}the parameter {} has {} in the command, '{}' was requested",
                                evidence.empty() ? "" : "; ", parameter_names[i], at_vehicle, wanted);
    }
    if (evidence.empty()) return std::nullopt;
    return command_difference{anomaly::command_wrong_parameters, std::move(evidence)};
}

} // namespace loadsim::measure
