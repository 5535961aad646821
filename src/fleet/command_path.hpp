// The path that commands are posted to: which level of it says the vehicle.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

/// "/vehicles/{vin}/commands": as many levels, each the same, but for those in braces, which may be anything.
/// Threads: const, any. Pure.
class command_path {
public:
    explicit command_path(std::string_view pattern);

    /// It begins with '/', no level is empty, and there is one {vin} at most.
    bool usable() const noexcept { return usable_; }
    bool says_vin() const noexcept { return vin_.has_value(); }

    /// The level of {vin}, percent-decoded, empty where there is none; nullopt: another path.
    std::optional<std::string> match(std::string_view path) const;

private:
    struct level {
        std::string text;
        bool any = false;
    };
    std::vector<level> levels_;
    std::optional<std::size_t> vin_;
    bool usable_ = true;
};

} // namespace loadsim::fleet
