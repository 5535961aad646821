// HTTP requests of a flow as requests of services and hooks.
#pragma once

#include "artillery/values.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::scenario::artillery {

/// A step of a flow that sends an HTTP request.
struct http_step {
    std::string method;              ///< GET, POST ...
    const yaml_node* spec = nullptr; ///< url, json, headers ...
    int line = 1;
};

/// The HTTP requests of `flow`, in order, those in loops too. Other steps become notes.
std::vector<http_step> requests_of(const yaml_node& flow, note_list&);

/// Values that a request captures: name, and field path in the response; those that cannot be captured become notes.
std::vector<std::pair<std::string, std::string>> captures_of(const http_step&, note_list&);

/// JSON Pointer of a JSONPath such as $.a[0].b; nullopt: it is another one.
std::optional<std::string> pointer_of(std::string_view json_path);

/// Translates requests of one script. Threads: one.
class request_translator {
public:
    request_translator(const yaml_node& config, value_translator& values, note_list& notes)
        : config_(config), values_(values), notes_(notes) {}

    /// method, path, headers, body, and the expected statuses as `accepted` or, of a hook, `expect`; nullopt, with a note: the
    /// request goes elsewhere than to config.target.
    std::optional<yaml_node> translate(const http_step&, const value_scope&);
    /// `target.auth` for the user and password of the requests; null: they have none.
    yaml_node auth() const { return auth_; }

private:
    /// Those of config.http.defaults.
    yaml_node default_headers(const value_scope&);
    std::optional<std::string> path_of(const http_step&, const value_scope&);
    void add_headers(const yaml_node& of, const value_scope&, yaml_node& headers);
    std::optional<yaml_node> body_of(const http_step&, const value_scope&, yaml_node& headers);
    yaml_node statuses_of(const http_step&);
    void note_unsupported(const http_step&);
    void use_auth(const http_step&, const value_scope&);
    bool fits(const yaml_node& at, std::string_view text, std::string_view what);

    const yaml_node& config_;
    value_translator& values_;
    note_list& notes_;
    yaml_node auth_;
};

} // namespace loadsim::scenario::artillery
