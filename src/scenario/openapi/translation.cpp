#include "openapi/translation.hpp"

#include "check.hpp"
#include "openapi/document.hpp"
#include "openapi/value_builder.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/url.hpp>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace loadsim::scenario {
namespace {

namespace json = boost::json;

constexpr std::size_t max_operations_listed = 40; // other operations
constexpr std::size_t max_body = 4'000;           // bytes; a text in a scenario is limited
constexpr std::size_t max_url = 4'000;            // bytes; variables may contain each other
constexpr std::string_view default_api = "http://127.0.0.1:8080";

/// Objects and ids of something else than the request.
bool is_of_another(std::string_view name) {
    const auto n = normal_name(name);
    return is_vehicle_key(name) ||
           std::ranges::any_of(std::initializer_list<std::string_view>{"vehicle", "car", "user", "customer", "client",
                                                                       "tenant", "account", "owner", "device", "error",
                                                                       "links"},
                               [&](std::string_view other) { return n.starts_with(other); });
}

/// The text in double quotes, as in JSON, which is YAML; also the control characters that JSON allows have escapes.
std::string quoted_as_json(std::string_view text) {
    const auto quoted = json::serialize(json::string(text));
    std::string made;
    for (std::size_t i = 0; i < quoted.size(); ++i) {
        const auto next = i + 1 < quoted.size() ? static_cast<unsigned char>(quoted[i + 1]) : 0U;
        if (quoted[i] == '\x7f')
            made += "\\u007f";
        else if (quoted[i] == '\xc2' && next >= 0x80 && next < 0xa0) // U+0080 to U+009F
            made += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(quoted[++i])));
        else
            made += quoted[i];
    }
    return made;
}

/// YAML scalar, in quotes unless it is plain in any context.
std::string scalar(std::string_view text) {
    const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '-' || c == '_';
    });
    if (plain && text.front() != '-' &&
        !is_one_of(normal_name(text), {"null", "true", "false", "yes", "no", "on", "off"}))
        return std::string(text);
    if (printable_length(text) != text.size()) return quoted_as_json(text);
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'') quoted += '\'';
        quoted += c;
    }
    return quoted + "'";
}

class translator {
public:
    translator(const openapi_document& doc, std::string file, const api_operation& chosen)
        : doc_(doc), file_(std::move(file)), chosen_(chosen), values_(doc) {}

    request_side translate(const std::vector<api_operation>& all) {
        request_side made;
        auto api = api_url();
        auto auth = credentials(api);
        const auto path = request_path();
        const auto body = request_body();
        add_header_parameters();
        const auto [accepted, id] = accepted_responses();

        made.target = fmt::format("api: {}{}\n{}", scalar(api), server_note_.empty() ? "" : " # " + server_note_, auth);
        made.request = fmt::format("# {} of {}{}\n", in_comment(chosen_.name()), in_comment(file_),
                                   chosen_.summary.empty() ? "" : ": " + in_comment(chosen_.summary));
        made.request += fmt::format("request:\n  method: {}\n  path: {}\n", chosen_.method, scalar(path));
        if (!headers_.empty()) made.request += "  headers:\n";
        for (const auto& [name, value] : headers_)
            made.request += fmt::format("    {}: {}\n", scalar(name), scalar(value));
        if (!body.empty()) made.request += fmt::format("  body: {}\n", scalar(body));
        made.request += fmt::format("  accepted: [{}]\n  rejected: [{}]\n  id: {}\n", fmt::join(accepted, ", "),
                                    fmt::join(rejected_statuses(), ", "), scalar(id));
        for (const auto& note : notes_) made.request += "# " + note + '\n';
        made.request += other_operations(all);
        made.services = services();
        return made;
    }

private:
    void note(std::string text) { notes_.push_back(std::move(text)); }

    std::string api_url() {
        const json::value* server = nullptr;
        for (const auto* level : {chosen_.own, chosen_.item, doc_.root()})
            if (server == nullptr) server = doc_.first(doc_.get(level, "servers"));
        auto url = doc_.text(server, "url");
        for (const auto& variable : doc_.members(doc_.get(server, "variables"))) {
            auto value = doc_.text(&variable.value(), "default");
            if (value.empty()) value = text_of(doc_.first(doc_.get(&variable.value(), "enum")));
            const auto name = fmt::format("{{{}}}", std::string_view(variable.key()));
            for (auto at = url.find(name); at != std::string::npos && url.size() < max_url;
                 at = url.find(name, at + value.size()))
                url.replace(at, name.size(), value);
        }
        while (url.ends_with('/')) url.pop_back();
        if (url.starts_with("//")) url.insert(0, "https:"); // relative to where the document was found
        if (url.empty() || url.starts_with('/')) {
            server_note_ = "the document names no host";
            url.insert(0, default_api);
        }
        if (const auto parsed = net::parse_api_url(url); !parsed) {
            server_note_ = "the document's: " + in_comment(parsed.error().list.front().text);
            url = default_api;
        }
        return url;
    }

    /// Lines of `auth`; credentials that are not `auth` become headers or parts of the query.
    std::string credentials(const std::string& api) {
        const auto* security = doc_.get(chosen_.own, "security");
        if (security == nullptr) security = doc_.get(doc_.root(), "security");
        const json::value* requirement = doc_.first(security);
        if (requirement == nullptr || doc_.members(requirement).empty()) return {};
        std::string lines;
        for (const auto& one : doc_.members(requirement)) {
            const auto* scheme = doc_.get(doc_.get(doc_.get(doc_.root(), "components"), "securitySchemes"), one.key());
            const auto made = credential(scheme, one.key(), one.value(), api);
            if (made.empty()) continue;
            if (lines.empty())
                lines = made;
            else
                note(fmt::format("besides: {}", made.substr(0, made.find('\n'))));
        }
        if (doc_.items(security).size() > 1) note("the document has other ways to authenticate, too");
        return lines;
    }

    std::string credential(const json::value* scheme, std::string_view name, const json::value& scopes,
                           const std::string& api) {
        constexpr auto bearer = "auth: {bearer: \"${API_TOKEN}\"} # export API_TOKEN=...\n";
        const auto type = doc_.text(scheme, "type");
        if (type == "http") {
            const auto kind = normal_name(doc_.text(scheme, "scheme"));
            if (kind == "bearer") return bearer;
            if (kind == "basic")
                return "auth: {basic: {user: \"${API_USER}\", password: \"${API_PASSWORD}\"}} # export both\n";
        }
        if (type == "apiKey") return api_key(doc_.text(scheme, "in"), doc_.text(scheme, "name"));
        if (type == "openIdConnect") {
            note(fmt::format("get the token from {}", in_comment(doc_.text(scheme, "openIdConnectUrl"))));
            return bearer;
        }
        if (type == "mutualTLS") return "# tls: {certificate: client.pem, key: client.key} # wanted by the API\n";
        if (type == "oauth2") {
            const auto* flows = doc_.get(scheme, "flows");
            const auto* client = doc_.get(flows, "clientCredentials");
            if (client == nullptr) {
                note("the document has no client credentials (OAuth 2.0): get a token by another flow");
                return bearer;
            }
            auto url = doc_.text(client, "tokenUrl");
            if (url.starts_with('/')) url.insert(0, api);
            std::string scope;
            for (const auto& s : doc_.items(&scopes)) scope += (scope.empty() ? "" : " ") + text_of(&s);
            return fmt::format(
                "auth: # export both\n  oauth2: {{tokenUrl: {}, clientId: \"${{API_CLIENT_ID}}\", clientSecret: "
                "\"${{API_CLIENT_SECRET}}\"{}}}\n",
                scalar(url), scope.empty() ? "" : ", scope: " + scalar(scope));
        }
        note(fmt::format("'{}' cannot be translated: see target.auth and contract.request.headers", in_comment(name)));
        return {};
    }

    std::string api_key(const std::string& in, const std::string& name) {
        if (in == "query")
            query_ += fmt::format("&{}=${{API_KEY}}", percent_encode(name, url_part::component));
        else if (in == "cookie")
            headers_.emplace_back("Cookie", template_literal(name, name) + "=${API_KEY}");
        else if (!http::header_name_problem(name).empty())
            note(fmt::format("the API key is left out: '{}' is no name of a header", in_comment(name)));
        else
            return fmt::format("auth: {{apiKey: {{header: {}, value: \"${{API_KEY}}\"}}}} # export API_KEY=...\n",
                               scalar(name));
        return {};
    }

    std::string request_path() {
        std::string made;
        std::string_view rest = chosen_.path;
        while (!rest.empty()) {
            const auto end = rest.front() == '{' ? rest.find('}') : std::string_view::npos;
            if (end == std::string_view::npos) {
                made += rest.front() == '{' ? "%7B" : rest.front() == '#' ? "%23" : std::string(1, rest.front());
                rest.remove_prefix(1);
                continue;
            }
            made += path_value(rest.substr(1, end - 1));
            rest.remove_prefix(end + 1);
        }
        for (const auto* p : chosen_.parameters) {
            if (doc_.text(p, "in") != "query" || !doc_.flag(p, "required")) continue;
            const auto name = doc_.text(p, "name");
            query_ +=
                fmt::format("&{}={}", percent_encode(name, url_part::component), url_value(values_.text(p, name)));
        }
        if (!query_.empty()) query_.front() = '?';
        return made + query_;
    }

    /// Placeholders as they are: their values are encoded when they are inserted.
    static std::string url_value(const std::string& value) {
        return value.starts_with('{') || value.starts_with("${") ? value : percent_encode(value, url_part::component);
    }

    std::string path_value(std::string_view name) {
        const auto found = std::ranges::find_if(chosen_.parameters, [&](const json::value* p) {
            return doc_.text(p, "in") == "path" && doc_.text(p, "name") == name;
        });
        const auto* parameter = found == chosen_.parameters.end() ? nullptr : *found;
        const auto* schema = doc_.get(parameter, "schema");
        if (is_vehicle_key(name)) {
            if (!doc_.may_be_text(schema))
                note(fmt::format("'{}' is a number: {{data.COLUMN}} inserts one from fleet.data", in_comment(name)));
            else if (normal_name(name).find("vin") == std::string::npos && normal_name(name) != "fin")
                note(fmt::format("'{}' is taken for the VIN; {{data.COLUMN}} inserts another id from fleet.data",
                                 in_comment(name)));
            return "{vin}";
        }
        if (is_service_key(name)) return url_value(values_.service(schema, doc_.example(parameter)));
        const auto value = values_.text(parameter, name);
        note(fmt::format("'{}' in the path is set to '{}'", in_comment(name), in_comment(value)));
        return url_value(value);
    }

    std::string request_body() {
        const auto* content = doc_.get(doc_.get(chosen_.own, "requestBody"), "content");
        std::string type;
        const auto* media = doc_.media(content, type);
        if (media == nullptr) return {};
        const auto made = values_.build(doc_.get(media, "schema"), "", doc_.example(media));
        std::string body;
        if (type.find("json") != std::string::npos) {
            body = json::serialize(made);
            if (type != "application/json" && type.find('*') == std::string::npos)
                headers_.emplace_back("Content-Type", type);
        } else if (type == "application/x-www-form-urlencoded" && made.is_object()) {
            for (const auto& member : made.as_object())
                body += fmt::format("{}{}={}", body.empty() ? "" : "&", percent_encode(member.key(), url_part::form),
                                    url_value(text_of(&member.value())));
            headers_.emplace_back("Content-Type", type);
        } else {
            note(fmt::format("the body is {}: write it yourself", in_comment(type)));
        }
        if (body.size() <= max_body) return body;
        note("the body is too large for a line: write it to a file, and body: {file: PATH}");
        return {};
    }

    void add_header_parameters() {
        for (const auto* p : chosen_.parameters) {
            const auto name = doc_.text(p, "name");
            const bool is_required = doc_.flag(p, "required");
            const auto in = doc_.text(p, "in");
            if (in == "cookie" && is_required) note(fmt::format("a cookie '{}' is required, too", in_comment(name)));
            // OpenAPI 3.1.0, 4.8.12.1: these three are described elsewhere.
            if (in != "header" || !is_required ||
                is_one_of(normal_name(name), {"accept", "contenttype", "authorization"}))
                continue;
            if (http::header_name_problem(name).empty())
                headers_.emplace_back(name, values_.text(p, name));
            else
                note(fmt::format("the header '{}' is left out", in_comment(name)));
        }
    }

    /// Statuses of success, and where those responses have the id of the request. `default` is mostly that of errors.
    std::pair<std::vector<int>, std::string> accepted_responses() {
        const std::vector<int> any_success{200, 201, 202, 204};
        std::vector<int> statuses;
        std::string id, header;
        const auto look_at = [&](const json::value* response) {
            std::string type;
            const auto* media = doc_.media(doc_.get(response, "content"), type);
            const auto body = value_builder(doc_, true).build(doc_.get(media, "schema"), "", doc_.example(media));
            if (id.empty()) id = id_in(body);
            for (const auto& h : doc_.members(doc_.get(response, "headers"))) {
                const auto name = normal_name(h.key());
                if (header.empty() &&
                    (name == "location" || id_rank(name.starts_with('x') ? name.substr(1) : name) == 3))
                    header = fmt::format("header:{}", std::string_view(h.key()));
            }
        };
        const auto* responses = doc_.get(chosen_.own, "responses");
        for (const auto& one : doc_.members(responses)) {
            const std::string_view status = one.key();
            if (status == "2XX" || status == "2xx")
                statuses.insert(statuses.end(), any_success.begin(), any_success.end());
            else if (status.size() == 3 && status[0] == '2' && std::ranges::all_of(status, is_digit))
                statuses.push_back((status[1] - '0') * 10 + (status[2] - '0') + 200);
            else
                continue;
            look_at(&one.value());
        }
        if (statuses.empty()) {
            statuses = any_success;
            look_at(doc_.get(responses, "default"));
        }
        std::ranges::sort(statuses);
        statuses.erase(std::unique(statuses.begin(), statuses.end()), statuses.end());
        if (id.empty()) id = header;
        if (id.empty()) note("the document has no id of the request in the response: observers find it by the vehicle");
        return {statuses, id};
    }
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    /// JSON Pointer of the best id, of those the least deep; empty: none.
    static std::string id_in(const json::value& body) {
        std::vector<std::pair<std::string, const json::value*>> level{{"", &body}};
        std::string spare;
        for (int depth = 0; depth < 4; ++depth) {
            std::vector<std::pair<std::string, const json::value*>> deeper;
            std::string best;
            int best_rank = 1;
            for (const auto& [path, value] : level) {
                if (!value->is_object()) continue;
                for (const auto& member : value->as_object()) {
                    if (is_of_another(member.key())) continue;
                    std::string pointer = path + '/';
                    for (const char c : std::string_view(member.key()))
                        pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
                    if (member.value().is_object()) {
                        deeper.emplace_back(pointer, &member.value());
                        continue;
                    }
                    if (member.value().is_array()) continue;
                    const auto rank = id_rank(member.key());
                    if (rank > best_rank) {
                        best_rank = rank;
                        best = pointer;
                    }
                    if (rank == 1 && spare.empty()) spare = pointer;
                }
            }
            if (!best.empty()) return best;
            level = std::move(deeper);
        }
        return spare;
    }

    std::vector<int> rejected_statuses() const {
        std::vector<int> statuses;
        for (const int status : {409, 423})
            if (doc_.get(doc_.get(chosen_.own, "responses"), std::to_string(status)) != nullptr)
                statuses.push_back(status);
        return statuses.empty() ? std::vector{409} : statuses;
    }

    std::string services() const {
        auto names = values_.services();
        std::string comment = "what is requested, with weights";
        if (names.empty()) {
            comment = "the request does not name it; contract.command.service: '' if commands do not either";
            std::string name;
            std::string_view path = chosen_.path;
            while (!path.empty() && name.empty()) { // the last part of the path that is not a parameter
                const auto slash = path.rfind('/');
                const auto part = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
                if (part.find('{') == std::string_view::npos) name = normal_name(part);
                path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
            }
            if (!values_.fixed_services().empty()) {
                name = normal_name(values_.fixed_services().front());
                comment = fmt::format("the request has '{}'", in_comment(values_.fixed_services().front()));
            }
            names.push_back(is_service_name(name) ? name : "command");
        }
        for (auto& name : names) name = scalar(name);
        return fmt::format("services: {{{}: 1}} # {}\n", fmt::join(names, ": 1, "), comment);
    }

    std::string other_operations(const std::vector<api_operation>& all) const {
        if (all.size() < 2) return {};
        std::string text = fmt::format("# Another one of these: {} init --openapi {} --operation 'METHOD PATH'\n",
                                       command_name(), in_comment(shell_quote(file_)));
        std::size_t listed = 0;
        for (const auto& o : all) {
            if (&o == &chosen_) continue;
            if (listed == max_operations_listed)
                return text + fmt::format("#   and {} more\n", all.size() - 1 - listed);
            text += fmt::format("#   {}{}\n", in_comment(o.name()), o.id.empty() ? "" : "  " + in_comment(o.id));
            ++listed;
        }
        return text;
    }

    const openapi_document& doc_;
    std::string file_;
    const api_operation& chosen_;
    value_builder values_;
    std::string server_note_;
    std::string query_; ///< "&a=b&c=d"; its first character becomes '?'
    std::vector<std::pair<std::string, std::string>> headers_;
    std::vector<std::string> notes_;
};

} // namespace

result<request_side> translate_openapi(const json::value& document, const std::string& file,
                                       std::string_view operation) {
    try {
        const openapi_document doc(document);
        check_version(doc);
        const auto all = operations_of(doc);
        return translator(doc, file, choose_operation(all, operation)).translate(all);
    } catch (const unusable_document& why) {
        return problems{file, why.text};
    }
}

} // namespace loadsim::scenario
