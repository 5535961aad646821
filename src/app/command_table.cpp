#include "command_table.hpp"

#include <type_traits>
#include <variant>

namespace loadsim::app {
namespace {

void add_commands(const std::vector<command>& commands, const std::string& above, char separator,
                  std::vector<placed_command>& all) {
    for (const auto& c : commands) {
        const auto path = above.empty() ? c.name : above + separator + c.name;
        all.push_back({path, &c});
        add_commands(c.subcommands, path, separator, all);
    }
}

} // namespace

std::vector<placed_command> all_commands(const std::vector<command>& commands, char separator) {
    std::vector<placed_command> all;
    add_commands(commands, {}, separator, all);
    return all;
}

value_kind value_kind_of(const flag& f) {
    if (!f.one_of.empty()) return value_kind::choice;
    if (f.name == "--set") return value_kind::scenario_key;
    return std::visit(
        [](const auto* into) {
            using type = std::remove_cvref_t<decltype(*into)>;
            if constexpr (std::is_same_v<type, bool>)
                return value_kind::none;
            else if constexpr (std::is_same_v<type, std::string> || std::is_same_v<type, std::optional<std::string>> ||
                               std::is_same_v<type, std::vector<std::string>>)
                return value_kind::file_or_text;
            else
                return value_kind::number;
        },
        f.into);
}

} // namespace loadsim::app
