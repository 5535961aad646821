// Password file of mosquitto.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::target {

/// One "user:password" per line, without repetitions, for mosquitto_passwd to hash.
/// Errors: a user or a password that the format cannot represent; messages contain the user, never a password.
result<std::string> plain_text_logins(const std::vector<mosquitto_login>&);

/// Writes the logins to `file`, readable by its owner only, and hashes them with mosquitto_passwd: no password is on a
/// command line, none stays in plain text. A hash takes 0.1 ms. Errors: program not installed, disk full, invalid
/// login.
result<void> write_password_file(const std::filesystem::path& file, const std::vector<mosquitto_login>&);

} // namespace loadsim::target
