// Route pattern of the command endpoint, with {vin} as a path level.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

/// "/vehicles/{vin}/commands": matches a path with the same levels; a level in braces is a wildcard.
/// Threads: const, any. Pure.
class route_pattern {
public:
    explicit route_pattern(std::string_view pattern);

    /// True: begins with '/', no empty level, at most one {vin}.
    bool valid() const noexcept { return valid_; }
    bool has_vin() const noexcept { return vin_.has_value(); }

    /// The {vin} level, percent-decoded; empty if the pattern has none; nullopt: no match.
    std::optional<std::string> match(std::string_view path) const;

private:
    struct level {
        std::string text;
        bool wildcard = false;
    };
    std::vector<level> levels_;
    std::optional<std::size_t> vin_;
    bool valid_ = true;
};

} // namespace loadsim::fleet
