// Template compiler: parses template text and checks that JSON templates render JSON for all values.
#pragma once

#include <loadsim/contract/placeholder_text.hpp>
#include <loadsim/contract/text_template.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

/// True: the text starts with "{name", "{#name" or "{/name".
bool starts_placeholder(std::string_view);
/// True: the text starts with "${NAME}" or "${raw:NAME}": capitals, digits, underscores.
bool starts_environment(std::string_view);
/// Name of the environment variable at the start of such a text.
std::string_view environment_name(std::string_view);

class template_compiler {
public:
    enum class language : std::uint8_t { text, json, path };
    template_compiler(std::string_view text, language l, const template_symbols& symbols,
                      std::vector<std::string>& pointers)
        : rest_(text), language_(l), symbols_(symbols), pointers_(pointers) {}

    result<text_template> compile() &&;

private:
    using part = text_template::part;
    struct section {
        std::size_t part_index = 0; ///< index of its part
        std::string_view name;
        bool quoted = false; ///< the opening tag is within a JSON string
    };

    void literal(char);
    void end_literal();
    void placeholder();
    void environment();
    void escaped_placeholder();
    void open_section(std::string_view name);
    void close_section(std::string_view name);
    void value(std::string_view name);
    std::optional<part> find_variable(std::string_view name);
    std::optional<part> parse_random(std::string_view spec);
    std::optional<part> parse_command(std::string_view pointer);
    bool check_escape(std::string_view name);
    part::escaping value_escaping() const;
    void report_unknown(std::string_view name);
    void report_needless_raw(const std::string& plain, const std::string& raw);
    void add_problem(std::string sentence) { problems_.add("", std::move(sentence)); }

    /// Sample values for placeholders.
    struct sample_values {
        bool strings; ///< for placeholders of any type: a string; else a number
        int numbers;  ///< for numeric placeholders: the least (-1), the nearest to 0 (0) or the greatest (1) value
    };
    void check_json();
    /// Renders a sample; bit i of `present` includes the sections of variable i.
    std::string render_sample(const std::vector<const part*>& sections, std::uint32_t present,
                              const sample_values&) const;
    static std::string extreme(const part&, int which);

    std::string_view rest_;
    language language_;
    const template_symbols& symbols_;
    std::vector<std::string>& pointers_;
    text_template compiled_;
    problems problems_;
    std::vector<section> sections_;
    std::size_t literal_from_ = 0; ///< start of the current literal in compiled_.text_
    bool quoted_ = false;          ///< JSON: within a string
    unsigned escape_ = 0; ///< JSON: missing characters of the current escape sequence; after_backslash: its letter
};

} // namespace loadsim::contract
