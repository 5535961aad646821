// The dependency and naming rules of ARCHITECTURE.md as functions over text, so that tests can show each one fail.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace architecture {

struct source_file {
    std::string path; ///< from the project's root, with '/'
    std::string text;
};

/// Module -> the modules it may include from, besides itself and base.
using dependency_table = std::map<std::string, std::set<std::string>, std::less<>>;
const dependency_table& allowed_dependencies();

/// "include/loadsim/net/x.hpp" and "src/net/x.cpp" -> "net"; empty for a file outside all modules.
std::string module_of(std::string_view path);

// Each returns one sentence per violation; empty: the rule holds.
std::vector<std::string>
forbidden_dependencies(const source_file&, const dependency_table&); ///< includes a module that its row does not list
std::vector<std::string> private_includes(const source_file&);       ///< includes a private header of another module
std::vector<std::string> heavy_includes(const source_file&); ///< Beast, asio/ssl or Boost.JSON in a public header
std::vector<std::string> vague_names(std::string_view path); ///< util, common, helper, manager and the like
std::vector<std::string>
unexpected_entries(const std::vector<std::string>& top_level); ///< entries that do not belong at the root

} // namespace architecture
