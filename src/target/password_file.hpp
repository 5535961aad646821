// Who mosquitto lets in, as a file that it reads.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::target {

/// One "user:password" a line, each once, for mosquitto_passwd to hash.
/// Errors: a user or a password that such a line cannot hold; none is ever printed but the user.
result<std::string> plain_logins(const std::vector<mosquitto_login>&);

/// Writes them to `file`, for its owner's eyes only, and has mosquitto_passwd hash them: no password is on a command line, and
/// none stays readable. A hash takes a tenth of a millisecond. Errors: no such program, a full disk, a name that cannot be.
result<void> write_password_file(const std::filesystem::path& file, const std::vector<mosquitto_login>&);

} // namespace loadsim::target
