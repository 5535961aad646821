// The rules of docs/decisions/0001-the-house.md as functions over text, so that each can be seen to fail.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace house {

struct file {
    std::string path; ///< from the project's root, with '/'
    std::string text;
};

/// Module -> the modules it may use, besides itself and base.
using arrows = std::map<std::string, std::set<std::string>, std::less<>>;
const arrows& allowed_arrows();

/// "include/loadsim/net/x.hpp" and "src/net/x.cpp" -> "net"; empty for a file of no module.
std::string module_of(std::string_view path);

// Each returns one sentence per breach; empty: the rule holds.
std::vector<std::string> wrong_arrows(const file&, const arrows&); ///< uses a module that its row does not name
std::vector<std::string> borrowed_privates(const file&);           ///< includes the inside of another module
std::vector<std::string> heavy_includes(const file&);              ///< Beast, asio/ssl or Boost.JSON in a face
std::vector<std::string> empty_names(std::string_view path);       ///< util, common, helpers, manager
std::vector<std::string>
strangers(const std::vector<std::string>& top_level); ///< entries that have no place at the root

} // namespace house
