// What tests of templates begin with.
#pragma once

#include <loadsim/contract/terms.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

inline const std::vector<std::string> columns{"user", "pair"};
inline const std::vector<std::string> of_segments{"region"};
inline const std::vector<std::string> parameters{"temperature"};
inline const std::vector<std::string> captured{"token"};

/// Everything that any place has.
inline names all_names() {
    return {.variables = ~variable_set{0},
            .data = columns,
            .segment = of_segments,
            .parameters = parameters,
            .captured = captured,
            .command = true,
            .random = true};
}

/// What is wrong with it, one problem a line; "" for nothing.
template <class T>
std::string wrong(const result<T>& made) {
    return made ? "" : to_string(made.error());
}

inline text_template compiled(std::string_view text) {
    std::vector<std::string> pointers;
    auto made = text_template::compile(text, all_names(), pointers);
    EXPECT_TRUE(made) << text << "\n" << wrong(made);
    return made ? *made : text_template{};
}

inline text_template compiled_json(std::string_view text) {
    std::vector<std::string> pointers;
    auto made = text_template::compile_json(text, all_names(), pointers);
    EXPECT_TRUE(made) << text << "\n" << wrong(made);
    return made ? *made : text_template{};
}

} // namespace loadsim::contract
