// Text and payload templates with placeholders: compiled once, rendered for every message.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/template_symbols.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::contract {

/// Template with placeholders {variable} and sections {#variable}text{/variable}; a section is rendered only when its variable is
/// neither empty nor 0 ({#ok}: when true; a parameter or a signal may be 0).
/// A '{' that is not followed by a letter, or by '#' or '/' and a letter, is literal text, as in JSON. {{name}} is the literal "{name}",
/// except outside of JSON strings, where text has no braces: there {{#name} is a '{' and a section.
///
/// ${NAME} is an environment variable, read when the template is compiled; its value is literal text.
///
/// JSON templates escape values between quotes. Outside of quotes, a JSON value is inserted unchanged, an empty value as null and any
/// other value as a string. The output is JSON for all values.
/// Errors:  unknown variable (with the nearest known name), unset environment variable, unclosed section, invalid JSON.
/// Threads: const, any.
class text_template {
public:
    text_template() = default; ///< renders nothing

    /// `pointers`: collects {command:/POINTER} of all templates; the index of a pointer is the index of its value in `command`.
    static result<text_template> compile(std::string_view text, const template_symbols&,
                                         std::vector<std::string>& pointers);
    /// compile() for a JSON template.
    static result<text_template> compile_json(std::string_view text, const template_symbols&,
                                              std::vector<std::string>& pointers);
    /// compile() for a URL's path and query: values are percent-encoded (RFC 3986, 2.4), those of
    /// environment variables too; {raw:vin} and ${raw:NAME} are inserted unchanged.
    static result<text_template> compile_path(std::string_view text, const template_symbols&,
                                              std::vector<std::string>& pointers);

    /// Appends to `out`. Less than a microsecond for a typical payload.
    void render(const template_values&, std::string& out) const;
    std::string rendered(const template_values&) const;
    /// Topic filter that matches what this template, one of a topic, renders for a vehicle. `vehicle`: values of
    /// template_scope::identity. A level with any other value is +; the last one is #, as a value may have levels of its own, and so
    /// is one with a section that depends on another value.
    std::string topic_filter(const template_values& vehicle) const;
    bool empty() const noexcept { return parts_.empty(); }
    /// The text besides the placeholders, and the choices of {random:a|b}.
    std::string_view literals() const noexcept { return text_; }
    bool is_constant() const noexcept; ///< the output does not depend on values
    bool uses(variable) const noexcept;
    bool uses_parameter(std::size_t index) const noexcept; ///< index in template_symbols::parameters
    bool uses_signals() const noexcept;

private:
    struct part {
        enum class kind : std::uint8_t {
            literal,
            environment, ///< literal that is never printed: possibly a secret
            builtin,     ///< one of enum variable
            data,        ///< this kind and the following: by index into the template symbols
            segment,
            parameter,
            captured,
            command,
            signal,
            range,  ///< random number from `from` to `until`
            choice, ///< one of `index` texts, separated by '|'
            hex,    ///< `index` random digits
            uuid,
        };
        enum class escaping : std::uint8_t {
            none,
            json_string,
            json_value,
            url_component
        }; ///< escaping of the value: none, within a JSON string, as a JSON value, within a URL's path or query
        part::kind type = kind::literal;
        part::escaping escape = escaping::none;
        std::uint32_t index = 0; ///< variable, or index into the template symbols
        std::int64_t from = 0;   ///< offset of the text in text_, or the least number of a range
        std::int64_t until = 0;
        std::uint32_t skip = 0; ///< not 0: opens a section of that many parts, skipped when the variable has no value
    };
    static std::string_view text_value(const part&, const template_values&);
    static bool is_present(const part&, const template_values&);
    static bool is_of_vehicle(const part&); ///< a value of template_scope::identity
    static void append_text(const part&, std::string_view value, std::string& out);
    static void append_signal(const part&, const template_values&, std::string& out);
    void append_value(const part&, const template_values&, std::string& out) const;
    void append_random(const part&, const template_values&, std::string& out) const;

    std::string text_; ///< all literals
    std::vector<part> parts_;
    friend class template_compiler;
};

class protobuf_payload;

/// Payload template of any format. Threads: const, any.
class payload_template {
public:
    payload_template() = default;
    /// Errors: those of text_template; an unreadable file; a constant that is not valid hex or base64.
    static result<payload_template> compile(const payload_options&, const template_symbols&,
                                            std::vector<std::string>& pointers);
    /// {"vin","ts","seq","signals":{NAME: value}}.
    /// Errors: an unknown name or one that is there twice, located at "[INDEX]", which continues the option path; symbols without vin, now:ms and seq.
    static result<payload_template> compile_vss(std::span<const std::string> names, const template_symbols&,
                                                std::vector<std::string>& pointers);
    /// Errors: those of protobuf_payload::compile().
    static result<payload_template> compile_protobuf(const protobuf_options&, const template_symbols&,
                                                     std::vector<std::string>& pointers);
    /// Appends to `out`. False: an external program makes the payload; or
    /// a rendered value is not what its format or the type of its field needs; `out` is unchanged, and
    /// `problem`, which may be null, continues the option path of the payload: " is no hex".
    bool render(const template_values&, std::string& out, std::string* problem = nullptr) const;
    bool empty() const noexcept { return text_.empty() && file_bytes_.empty() && protobuf_ == nullptr; }
    bool is_json() const noexcept { return json_; }
    bool is_constant() const noexcept; ///< the output does not depend on values
    bool uses_parameter(std::size_t index) const noexcept;
    bool uses_signals() const noexcept;

private:
    text_template text_;     ///< empty for a file and for Protocol Buffers
    std::string file_bytes_; ///< content of the file
    std::shared_ptr<const protobuf_payload> protobuf_;
    payload_options::payload_format format_ = payload_options::payload_format::text;
    bool json_ = false;
};

} // namespace loadsim::contract
