// Symbols and compile helpers for template tests.
#pragma once

#include <loadsim/contract/message_contract.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

inline const std::vector<std::string> data_column_names{"user", "pair"};
inline const std::vector<std::string> segment_names{"region"};
inline const std::vector<std::string> parameter_names{"temperature"};
inline const std::vector<std::string> captured_names{"token"};
inline const std::vector<std::string> signal_names{"Vehicle.Speed", "Vehicle.IsMoving", "Vehicle.Cabin.Door.Row1",
                                                   "Vehicle.LowVoltageSystemState"};

/// Signals with fixed values, in the order of signal_names.
class fixed_signals final : public signal_source {
public:
    explicit fixed_signals(std::vector<std::string> values) : values_(std::move(values)) {}
    void append(std::uint32_t signal, std::string& out) const override { out += values_.at(signal); }

private:
    std::vector<std::string> values_;
};

/// Union of the symbols of all scopes.
inline template_symbols all_symbols() {
    return {.variables = ~variable_set{0},
            .data = data_column_names,
            .segment = segment_names,
            .parameters = parameter_names,
            .captured = captured_names,
            .signals = signal_names,
            .command = true,
            .random = true};
}

/// Problems of a result, one per line; "" on success.
template <class T>
std::string problems_of(const result<T>& made) {
    return made ? "" : to_string(made.error());
}

inline text_template compiled(std::string_view text) {
    std::vector<std::string> pointers;
    auto made = text_template::compile(text, all_symbols(), pointers);
    EXPECT_TRUE(made) << text << "\n" << problems_of(made);
    return made ? *made : text_template{};
}

inline text_template compiled_json(std::string_view text) {
    std::vector<std::string> pointers;
    auto made = text_template::compile_json(text, all_symbols(), pointers);
    EXPECT_TRUE(made) << text << "\n" << problems_of(made);
    return made ? *made : text_template{};
}

} // namespace loadsim::contract
