// {{ placeholders }} of a script as templates of loadsim.
#pragma once

#include "artillery/payload.hpp"
#include "artillery/script.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario::artillery {

/// Names in the {{ placeholders }} of all texts of a node, up to the first dot or bracket.
std::vector<std::string> placeholder_names(const yaml_node&);

/// Where a text stands, which decides how its parts are escaped.
enum class text_use : std::uint8_t {
    plain,     ///< a header or a body
    url,       ///< path and query as written
    component, ///< a name or value of a query or form: percent-encoded
    json       ///< within the quotes of a JSON string
};

/// What a text may refer to besides variables and the payload.
struct value_scope {
    bool is_hook = false;                               ///< a request before or after the load: it is of no vehicle
    const std::map<std::string, std::string>* captured; ///< name in the script to name in the scenario; never null
};

/// Translates the texts of a script. Collects the names that they use. Threads: one.
class value_translator {
public:
    value_translator(const yaml_node& config, const payload_table&, const artillery_options&, std::string environment,
                     note_list&);

    /// Template of a scalar; "undefined" stands for what has no value, as in Artillery.
    std::string text(const yaml_node&, const value_scope&, text_use);
    /// Template of any node as JSON.
    std::string json(const yaml_node&, const value_scope&);
    /// A number, perhaps of an environment variable. Throws unusable_script for anything else.
    double number(const yaml_node&, std::string_view what) const;
    /// Text of a number or duration, with environment variables replaced.
    std::string configured(const yaml_node&, std::string_view what) const;

    /// `parameters` for the variables with lists that texts have used since the last call; null: none.
    yaml_node take_parameters();

private:
    struct resolved_value {
        std::string text;                   ///< of a literal as it is, else a placeholder with braces
        const yaml_node* literal = nullptr; ///< of a variable with a value of any kind
        bool is_placeholder = false;
        bool is_typed = false; ///< as a whole JSON value it is inserted without quotes
    };
    std::string rendered(const yaml_node& at, std::string_view text, const value_scope&, text_use, int depth);
    resolved_value resolve(const yaml_node& at, std::string_view name, const value_scope&);
    resolved_value resolve_function(const yaml_node& at, std::string_view call);
    std::optional<resolved_value> variable(const yaml_node& at, std::string_view name, const value_scope&);
    resolved_value list_parameter(const yaml_node& list, const std::string& name, const value_scope&);
    resolved_value unknown(const yaml_node& at, std::string_view name, std::string_view why);
    std::string json_within(const yaml_node&, const value_scope&, int depth);
    std::string literal(const yaml_node& at, std::string_view text, text_use);
    /// False, with a note: all texts together have become too large, since variables contain each other.
    bool spend(const yaml_node& at, std::size_t bytes);

    const yaml_node& config_;
    const payload_table& payload_;
    const artillery_options& options_;
    std::string environment_;
    note_list& notes_;
    yaml_node parameters_;
    std::size_t spent_ = 0; ///< bytes of all texts
};

} // namespace loadsim::scenario::artillery
