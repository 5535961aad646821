// Scripts of Artillery for tests, and the scenarios made of them.
#pragma once

#include "scenario_text.hpp"

#include <loadsim/scenario/import_artillery.hpp>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

namespace loadsim::scenario {

/// Script with `config` (each line indented by two blanks) and one request, unless `scenarios` are given.
inline std::string artillery_script(const std::string& config,
                                    const std::string& scenarios = "  - flow: [{post: {url: /horn}}]\n") {
    return "config:\n  target: http://api.test:8080\n" + config + "scenarios:\n" + scenarios;
}

/// Options for a script s.yml with the payload file cars.csv, and the environment variable RATE=5.
inline artillery_options options_of_test(const std::string& payload = "") {
    return {.file = "s.yml",
            .environment = "",
            .data_file = "s.csv",
            .read_payload = [payload](const std::string& path) -> result<std::string> {
                if (path == "cars.csv") return payload;
                return problems(path, "cannot be read");
            },
            .variable = [](const std::string& name) -> std::optional<std::string> {
                return name == "RATE" ? std::optional<std::string>("5") : std::nullopt;
            }};
}

inline imported_scenario imported(const std::string& script, const artillery_options& options = options_of_test()) {
    auto made = import_artillery(script, options);
    EXPECT_TRUE(made) << script << to_string(made.error());
    return made ? *made : imported_scenario{};
}

/// The scenario made of a script, which must be valid.
inline scenario_config imported_config(const std::string& script,
                                       const artillery_options& options = options_of_test()) {
    ::setenv("API_TOKEN", "secret", 1);
    const auto made = imported(script, options);
    auto read_back = read(made.text, "f");
    EXPECT_TRUE(read_back) << made.text << to_string(read_back.error());
    return read_back ? *read_back : scenario_config{};
}

/// "LINE: TEXT" of all notes, one per line.
inline std::string notes_of(const std::string& script, const artillery_options& options = options_of_test()) {
    std::string all;
    for (const auto& note : imported(script, options).notes) all += std::to_string(note.line) + ": " + note.text + '\n';
    return all;
}

/// The problem that refuses a script; empty: none does.
inline std::string refusal_of(const std::string& script, const artillery_options& options = options_of_test()) {
    const auto made = import_artillery(script, options);
    return made ? "" : to_string(made.error());
}

} // namespace loadsim::scenario
