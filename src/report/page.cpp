#include <loadsim/report/page.hpp>

#include "embedded_data.hpp"
#include "page_template.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/hash.hpp>
#include <loadsim/base/new_file.hpp>

#include <fmt/format.h>

#include <fstream>
#include <ios>
#include <string>
#include <system_error>
#include <utility>

namespace loadsim::report {
namespace {

/// Nothing is loaded, sent or embedded but what is inside the page (Content Security Policy Level 3).
std::string content_security_policy(page_connections connections) {
    return fmt::format("default-src 'none'; script-src 'sha256-{}'; style-src 'unsafe-inline'; img-src data:; "
                       "connect-src {}; base-uri 'none'; form-action 'none'",
                       to_base64(hash(hash_function::sha256, page_script)),
                       connections == page_connections::own_server ? "'self'" : "'none'");
}

/// Why the file must not be replaced; empty: it is none yet, an earlier page, or empty. A device would be replaced, too.
std::string refusal_to_replace(const std::filesystem::path& file) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (!exists(status) || is_directory(status)) return {}; // of a directory the rename fails
    if (!is_regular_file(status)) return "is no regular file: name another one";
    constexpr std::string_view begin_of_page = "<!DOCTYPE html>";
    std::string begin(begin_of_page.size(), '\0');
    std::ifstream in(file, std::ios::binary);
    in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    if (in.gcount() == 0 || begin == begin_of_page) return {};
    return "is a file of something else, and stays as it is: name another one";
}

} // namespace

std::string page_html(std::string_view data, page_connections connections) {
    return filled_page(page_template, data, connections);
}

std::string filled_page(std::string_view html, std::string_view data, page_connections connections) {
    const auto policy = content_security_policy(connections);
    const std::pair<std::string_view, std::string_view> placeholders[] = {{"{{content_security_policy}}", policy},
                                                                          {"{{style}}", page_style},
                                                                          {"{{data}}", data},
                                                                          {"{{scripts}}", page_script}};
    std::string page;
    page.reserve(html.size() + page_style.size() + page_script.size() + data.size() + policy.size());
    // In one pass: what is put in may have the text of a placeholder.
    for (auto rest = html; !rest.empty();) {
        const auto at = rest.find("{{");
        page += rest.substr(0, at);
        if (at == std::string_view::npos) break;
        rest.remove_prefix(at);
        std::size_t length = 2;
        std::string_view text = "{{";
        for (const auto& [name, value] : placeholders)
            if (rest.starts_with(name)) {
                length = name.size();
                text = value;
            }
        page += text;
        rest.remove_prefix(length);
    }
    return page;
}

problems write_page(const std::filesystem::path& file, const std::vector<std::filesystem::path>& folders,
                    const page_options& options) {
    if (const auto why = refusal_to_replace(file); !why.empty()) return {file.string(), why};
    auto placed = options;
    placed.folder = std::filesystem::absolute(file).parent_path();
    const auto data = page_data(folders, placed);
    if (!data) return data.error();
    const std::filesystem::path unfinished = file.string() + ".part";
    std::error_code error;
    std::filesystem::remove(unfinished, error); // of a process that was killed
    if (const auto written = write_new_file(unfinished, page_html(*data), 0644); !written) {
        std::filesystem::remove(unfinished, error);
        return {file.string(), written.error().list.front().text};
    }
    std::filesystem::rename(unfinished, file, error);
    if (!error) return {};
    problems failed{file.string(), "cannot be written: " + error.message()};
    std::filesystem::remove(unfinished, error);
    return failed;
}

} // namespace loadsim::report
