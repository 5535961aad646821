// Reads the text of a template, and proves that what is to be JSON always is.
#pragma once

#include <loadsim/contract/text_template.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

class template_compiler {
public:
    enum class language : std::uint8_t { text, json, path };
    template_compiler(std::string_view text, language l, const names& known, std::vector<std::string>& pointers)
        : rest_(text), language_(l), known_(known), pointers_(pointers) {}

    result<text_template> compile() &&;

private:
    using part = text_template::part;
    struct section {
        std::size_t opened = 0; ///< place of its part
        std::string_view name;
        bool quoted = false; ///< where it opened
    };

    void literal(char);
    void end_literal();
    void hole();
    void environment();
    void escaped_hole();
    void open(std::string_view name);
    void close(std::string_view name);
    void value(std::string_view name);
    std::optional<part> variable_of(std::string_view name);
    std::optional<part> random_of(std::string_view spec);
    std::optional<part> command_of(std::string_view pointer);
    bool whole_escape(std::string_view name);
    part::guise guise() const;
    void unknown(std::string_view name);
    void wrong(std::string sentence) { problems_.add("", std::move(sentence)); }

    /// What is put where values will be.
    struct filling {
        bool strings; ///< where any value may be, a string; else a number
        int numbers;  ///< where a number will be, the least (-1), the one nearest to 0 (0), the greatest (1)
    };
    void prove_json();
    /// With each section in or out by the bits of `present`.
    std::string sample(const std::vector<const part*>& sections, std::uint32_t present, const filling&) const;
    static std::string extreme(const part&, int which);

    std::string_view rest_;
    language language_;
    const names& known_;
    std::vector<std::string>& pointers_;
    text_template made_;
    problems problems_;
    std::vector<section> sections_;
    std::size_t literal_from_ = 0; ///< in made_.text_
    bool quoted_ = false;          ///< JSON: between quotes
    unsigned escape_ = 0;          ///< JSON: characters that an escape still lacks; `after_backslash`: its letter
};

} // namespace loadsim::contract
