// Field paths: JSON pointer, topic level, user property, header.
#pragma once

#include <loadsim/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

/// Compiled path of one field: "/pointer" (RFC 6901), "topic[n]", "payload", "correlation", "property:NAME", "header:NAME".
class field_path {
public:
    enum class kind : std::uint8_t { none, pointer, topic_level, payload, correlation, property };
    /// Empty text: kind::none. Errors: one sentence.
    static result<field_path> parse(std::string_view text);
    kind type() const noexcept { return type_; }
    const std::string& text() const noexcept { return text_; } ///< as configured
    std::uint32_t level() const noexcept { return level_; }
    const std::vector<std::string>& tokens() const noexcept { return tokens_; } ///< of a JSON pointer, unescaped
    std::string_view name() const noexcept;                                     ///< of a property or header

private:
    std::string text_;
    std::vector<std::string> tokens_;
    std::uint32_t level_ = 0;
    kind type_ = kind::none;
};

} // namespace loadsim::contract
