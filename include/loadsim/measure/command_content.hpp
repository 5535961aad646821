// Content of a command, as requested and as received by the vehicle: service and parameters.
#pragma once

#include <loadsim/base/anomaly.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace loadsim::measure {

struct command_content {
    std::optional<std::string_view> service{}; ///< nullopt: not part of a command, so it is not compared
    std::span<const std::string> parameters{}; ///< values in the order of labels::parameters; empty: absent
};

/// Difference between a received command and its request.
struct command_difference {
    anomaly kind{}; ///< command_wrong_service or command_wrong_parameters
    std::string evidence;
};

/// The first difference; nullopt: none. A parameter without a requested value is not compared.
/// `parameter_names`: labels::parameters.
std::optional<command_difference> find_difference(const command_content& requested, const command_content& received,
                                                  std::span<const std::string> parameter_names);

} // namespace loadsim::measure
