// Secrets of the user, and texts without them. Sentences and logs are masked when they are written, counts and records in
// measure/masking.cpp, payloads in measure/request_records.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim {

/// Replacement of a secret in texts.
inline constexpr std::string_view secret_mask = "***";

/// Values of secrets, and their search in texts. A value is found as it is; as hex; as base64, also within longer base64; and with
/// any of its characters in a percent encoding (RFC 3986, or '+' for a blank), in an escape of JSON, as \xNN of
/// escape_for_terminal(), or quoted for YAML or a shell.
/// Values of less than `min_secret_length` bytes are not searched for: texts would lose parts that are no secret.
/// Time: some nanoseconds for each byte of the text. Threads: const, any.
class secret_masker {
public:
    static constexpr std::size_t min_secret_length = 4; ///< bytes

    void add(std::string_view value);
    /// The first `max_bytes` of the masked text: cut after masking, so that no part of a secret remains at the end.
    std::string mask(std::string_view text, std::size_t max_bytes = std::string_view::npos) const;

private:
    void add_form(std::string form);
    std::size_t match(std::string_view text) const;

    std::vector<std::string> forms_;                           ///< texts that are searched for
    std::array<std::vector<std::uint32_t>, 256> first_byte_{}; ///< by first byte of a text, indices into forms_
};

/// The secrets of this process: values from the environment and from files, passwords, tokens, keys. Registered when they are read,
/// before a text that may hold them is written. Threads: any.
void register_secret(std::string_view value);
bool has_secrets() noexcept; ///< one is registered, of any length
void forget_secrets();       ///< for fuzzers, which read many scenarios in one process
/// secret_masker::mask() for the secrets of this process. Without secrets a copy of the text.
std::string mask_secrets(std::string_view text, std::size_t max_bytes = std::string_view::npos);

} // namespace loadsim
