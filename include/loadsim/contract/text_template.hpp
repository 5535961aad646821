// A text with holes, compiled once and rendered often.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/variables.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

/// {variable}, and {#variable}text{/variable} for a text that is there only when the variable is not empty and not 0
/// ({#ok}: when it is true).
/// A '{' with no letter behind it, nor '#' or '/' and a letter, is text, as JSON needs it. {{name}} is the text "{name}"; not
/// outside of the quotes of JSON, where no text has braces: there {{#name} is a '{' and a section.
///
/// ${NAME} is the environment variable of that name, as it is when the template is compiled.
///
/// In JSON, values between quotes are escaped. Outside, a value that is JSON stands as it is, any other as a string, and an
/// empty one as null. So whatever the values are, what is rendered is JSON.
/// Errors:  an unknown variable (with the nearest known name), an environment variable that is not set, a section that does not close; JSON that is none.
/// Threads: const, any.
class text_template {
public:
    text_template() = default; ///< renders nothing

    /// `pointers`: where {command:/POINTER} of all templates are collected; each one's place there is what the value is found by.
    static result<text_template> compile(std::string_view text, const names&, std::vector<std::string>& pointers);
    /// As compile(), for a text that is JSON.
    static result<text_template> compile_json(std::string_view text, const names&, std::vector<std::string>& pointers);
    /// As compile(), for the path of a URL: values are percent-encoded there, but for the '/' in them.
    static result<text_template> compile_path(std::string_view text, const names&, std::vector<std::string>& pointers);

    /// Appends to `out`. Under a microsecond for a usual payload.
    void render(const values&, std::string& out) const;
    std::string rendered(const values&) const;
    bool empty() const noexcept { return parts_.empty(); }
    bool is_constant() const noexcept; ///< the same whatever the values are
    bool uses(variable) const noexcept;

private:
    struct part {
        enum class kind : std::uint8_t {
            literal,
            environment, ///< a literal that is not shown: it may be a secret
            fixed, ///< one of enum variable
            data,  ///< the others by place among the names
            segment,
            parameter,
            captured,
            command,
            range,  ///< random numbers from `from` to `until`
            choice, ///< one of `which` texts, separated by '|'
            hex,    ///< `which` random digits
            uuid,
        };
        enum class guise : std::uint8_t {
            plain,
            quoted,
            bare,
            path
        }; ///< of the value: as is, in JSON's quotes, outside of them
        part::kind what = kind::literal;
        part::guise as = guise::plain;
        std::uint32_t which = 0; ///< variable, or place among the names
        std::int64_t from = 0;   ///< of its text in text_, or the first number of a range
        std::int64_t until = 0;
        std::uint32_t skip = 0; ///< not 0: opens a section, of so many parts, that is left out without a value
    };
    static std::string_view text_value(const part&, const values&);
    static bool is_there(const part&, const values&);
    static void append_text(const part&, std::string_view value, std::string& out);
    void append_value(const part&, const values&, std::string& out) const;
    void append_random(const part&, const values&, std::string& out) const;

    std::string text_; ///< all literals
    std::vector<part> parts_;
    friend class template_compiler;
};

/// A payload of any form.
class payload_template {
public:
    payload_template() = default;
    /// Errors: as text_template's; a file that cannot be read; constant hex or base64 that is none.
    static result<payload_template> compile(const payload_options&, const names&, std::vector<std::string>& pointers);
    /// Appends. False: what was rendered is no hex or base64; `out` is as it was.
    bool render(const values&, std::string& out) const;
    bool empty() const noexcept { return text_.empty() && bytes_.empty(); }
    bool is_json() const noexcept { return json_; }
    const text_template& text() const noexcept { return text_; } ///< empty for a file

private:
    text_template text_;
    std::string bytes_; ///< of a file
    payload_options::form as_ = payload_options::form::text;
    bool json_ = false;
};

} // namespace loadsim::contract
