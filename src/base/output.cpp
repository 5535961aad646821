#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/secrets.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <utility>

namespace loadsim {
namespace {

std::atomic<int> output_errno = 0; ///< of the first failed write to standard output; 0: none

void record_failure() {
    int none = 0;
    output_errno.compare_exchange_strong(none, errno);
}

void write_output(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) record_failure();
}

std::string& command_name_text() {
    static std::string name = "loadsim";
    return name;
}

} // namespace

void prepare_standard_streams() {
    for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(file, F_GETFD) < 0 && errno == EBADF) ::open("/dev/null", O_RDWR); // the lowest free number: `file`
    for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN); // a write then fails with an error
}

void print_output(std::string_view text) { print_without_masking(mask_secrets(text)); }

void print_without_masking(std::string_view masked) { write_output(escape_for_terminal(masked, "\n\t")); }

void forward_output(std::string_view printed) {
    write_output(printed);
    flush_output(stdout);
}

void print_error(std::string_view text) {
    const auto safe = escape_for_terminal(mask_secrets(text), "\n\t");
    std::fwrite(safe.data(), 1, safe.size(), stderr);
}

void flush_output(std::FILE* stream) {
    if (std::fflush(stream) != 0 && stream == stdout) record_failure();
}

std::string lost_output() {
    flush_output(stdout);
    if (output_errno == 0 || output_errno == EPIPE) return {};
    return "standard output could not be written: " + std::generic_category().message(output_errno);
}

const std::string& command_name() { return command_name_text(); }

void set_command_name(std::string quoted) { command_name_text() = std::move(quoted); }

} // namespace loadsim
