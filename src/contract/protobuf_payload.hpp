// Payload in Protocol Buffers: a message whose type is in a descriptor set, and whose fields are templates.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/template_symbols.hpp>

#include <memory>
#include <string>
#include <vector>

namespace loadsim::contract {

/// Threads: const, any.
class protobuf_payload {
public:
    /// Errors: an unreadable or incomplete descriptor set, an unknown type or field, a constant that is no value of its field's type,
    /// a required field that is missing. They are located at ".descriptor", ".message" or ".fields.PATH", which continue the option path.
    static result<std::shared_ptr<const protobuf_payload>> compile(const protobuf_options&, const template_symbols&,
                                                                   std::vector<std::string>& pointers);
    protobuf_payload() = default;
    protobuf_payload(const protobuf_payload&) = delete;
    protobuf_payload& operator=(const protobuf_payload&) = delete;
    virtual ~protobuf_payload() = default;

    /// Appends the serialized message; equal values make equal bytes. False: a value does not convert to the type of its field; `out`
    /// is unchanged, and `problem`, which may be null, continues the option path: ".fields.speed: 'fast' is no number". A field has
    /// one sentence, with the first such value: sentences are counted.
    virtual bool render(const template_values&, std::string& out, std::string* problem) const = 0;
    virtual bool uses_parameter(std::size_t index) const noexcept = 0;
    virtual bool uses_signals() const noexcept = 0;
};

} // namespace loadsim::contract
