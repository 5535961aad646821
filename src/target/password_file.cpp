#include "password_file.hpp"

#include "logged_process.hpp"

#include <loadsim/base/child_process.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

namespace loadsim::target {
namespace {

constexpr std::chrono::milliseconds poll_interval{5};

bool contains_any(const std::string& text, std::string_view any_of) {
    return text.find_first_of(any_of) != std::string::npos;
}

/// Created with mode 0600: never readable by other users, not even briefly.
bool write_for_owner(const std::filesystem::path& file, std::string_view text) {
    ::unlink(file.c_str());
    const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0) return false;
    while (!text.empty()) {
        const auto written = ::write(out, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::close(out) == 0 && text.empty();
}

} // namespace

result<std::string> plain_text_logins(const std::vector<mosquitto_login>& logins) {
    std::string text;
    std::set<std::pair<std::string, std::string>> known;
    for (const auto& [user, password] : logins) {
        if (user.empty() || password.empty())
            return problems{"mosquitto", "a login needs a user and a password; give both in fleet.mqtt"};
        if (contains_any(user, ":\r\n") || contains_any(password, ":\r\n"))
            return problems{
                "mosquitto",
                fmt::format("the user '{}' or the password has a colon or a line break, which a password file "
                            "cannot hold; choose another one",
                            user)};
        if (known.emplace(user, password).second) text += fmt::format("{}:{}\n", user, password);
    }
    return text;
}

result<void> write_password_file(const std::filesystem::path& file, const std::vector<mosquitto_login>& logins) {
    const auto text = plain_text_logins(logins);
    if (!text) return text.error();
    const auto program = find_program("mosquitto_passwd", "/usr/bin:/usr/local/bin").string();
    if (program.empty())
        return problems{"mosquitto_passwd",
                        "the embedded target needs it for users and passwords and it is not installed; apt-get install "
                        "mosquitto, or give a broker of your own with --broker mqtt://host:1883"};
    const auto log = file.string() + ".log";
    const auto failed = [&](const std::string& why) {
        ::unlink(file.c_str());
        return problems{file.string(), fmt::format("the password file cannot be made ({}); is the disk full?", why)};
    };
    if (!write_for_owner(file, *text)) return failed(std::strerror(errno));
    const auto pid = start_logged({program, "-U", file.string()}, log);
    if (pid < 0) return failed(std::strerror(errno));
    while (!exit_code_of(pid)) std::this_thread::sleep_for(poll_interval);
    const auto message = last_line(log);
    ::unlink(log.c_str());
    // Checked by content, because the exit status is unavailable if SIGCHLD is ignored: a hash begins with $.
    if (last_line(file).find(":$") == std::string::npos) return failed(message);
    return {};
}

} // namespace loadsim::target
