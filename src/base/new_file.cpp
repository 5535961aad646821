#include <loadsim/base/new_file.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace loadsim {

result<void> write_new_file(const std::filesystem::path& path, std::string_view text, ::mode_t mode) {
    const auto failed = [&] {
        return problems(path.string(), fmt::format("cannot be written ({})", std::generic_category().message(errno)));
    };
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0) return failed();
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            auto problem = failed();
            ::close(file);
            return problem;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::close(file) != 0) return failed();
    return {};
}

} // namespace loadsim
