// Read context: the problems found so far and the current path in the scenario.
#pragma once

#include "yaml.hpp"

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

struct located_problem {
    std::string path; ///< "fleet.segments[2].share"
    source_location location;
    std::string text;
};

/// Passed to all read functions. Threads: one.
class read_context {
public:
    /// Extends the current path until destroyed.
    class path_guard {
    public:
        path_guard(std::string& path, std::string_view deeper) : path_(path), size_(path.size()) { path += deeper; }
        ~path_guard() { path_.resize(size_); }
        path_guard(const path_guard&) = delete;
        path_guard& operator=(const path_guard&) = delete;

    private:
        std::string& path_;
        std::size_t size_;
    };
    [[nodiscard]] path_guard enter(std::string_view key);
    [[nodiscard]] path_guard enter(std::size_t index);

    void add_problem(source_location location, std::string text);
    void add_problem(const yaml_node& at, std::string text) { add_problem(at.location, std::move(text)); }
    /// Of a value that is valid and probably a mistake.
    void add_warning(const yaml_node& at, std::string text);

    /// Warns once for each environment variable whose value is too short to be masked.
    void check_length(const yaml_node& at, const std::string& variable, std::string_view value);

    /// The text of a scalar; nullptr, after reporting a problem, for any other node.
    const std::string* expect_scalar(const yaml_node&, std::string_view expected);
    bool expect_list(const yaml_node&, std::string_view expected);
    /// Also reports duplicate keys, and keys that are not printable.
    bool expect_map(const yaml_node&, std::string_view expected);
    /// False, after reporting a problem: a name that would end a line of a table, of CSV or of a message that CI systems read.
    bool expect_printable(source_location, std::string_view name);

    const std::string& path() const { return path_; }
    const std::vector<located_problem>& located_problems() const { return located_problems_; }
    const std::vector<located_problem>& located_warnings() const { return located_warnings_; }

    /// Path of a file that the scenario names: relative to the folder of the file that names it; one in an override stays relative to
    /// the working folder. Absolute, so that a report's scenario can be run from anywhere; unchanged without files.
    std::string path_of_file(const yaml_node&) const;
    /// The scenario and the files it includes; source_location::file is the index.
    struct source_file {
        std::string name;             ///< in problems
        std::filesystem::path folder; ///< absolute; empty: none
    };
    std::vector<source_file> files;

private:
    std::string shown(const yaml_node&) const; ///< description() for a problem at the current path

    std::string path_;
    std::set<std::string> short_variables_; ///< environment variables that a warning has named
    std::vector<located_problem> located_problems_;
    std::vector<located_problem> located_warnings_;
};

/// The problems with the locations "file:line:column" and "--set path", in the order of the locations.
problems sort_problems(std::vector<located_problem>, const std::vector<read_context::source_file>&,
                       std::span<const value_override>);

/// "path.key"; "key" for an empty path.
std::string join_path(std::string_view path, std::string_view key);

} // namespace loadsim::scenario
