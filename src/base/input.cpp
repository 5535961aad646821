#include <loadsim/base/input.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace loadsim {
namespace {

/// Appends the content; returns the cause of a failure, empty: read to its end.
std::string append_content(int file, std::size_t max_bytes, std::chrono::milliseconds silence_max, std::string& text) {
    struct stat about {};
    if (::fstat(file, &about) == 0 && S_ISDIR(about.st_mode)) return std::strerror(EISDIR);
    std::array<char, 64 * 1024> piece;
    while (true) {
        pollfd readable{file, POLLIN, 0};
        const auto ready = ::poll(&readable, 1, static_cast<int>(silence_max.count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) return fmt::format("it is a pipe that sends nothing for {} s", silence_max.count() / 1000);
        const auto size = ::read(file, piece.data(), piece.size());
        if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (size < 0) return std::strerror(errno);
        if (size == 0) return {};
        text.append(piece.data(), static_cast<std::size_t>(size));
        if (text.size() > max_bytes) return fmt::format("it is larger than {} bytes", max_bytes);
    }
}

} // namespace

result<std::string> read_file(const std::string& path, std::size_t max_bytes, std::chrono::milliseconds silence_max) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe without a writer would block
    std::string text;
    std::string failed = file < 0 ? std::strerror(errno) : append_content(file, max_bytes, silence_max, text);
    if (file >= 0) ::close(file);
    if (!failed.empty()) return problems{path, fmt::format("cannot be read ({})", failed)};
    return text;
}

} // namespace loadsim
