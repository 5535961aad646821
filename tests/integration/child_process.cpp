#include "child_process.hpp"

#include <stdexcept>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace harness {
namespace {
constexpr std::string_view folder_placeholder = "{folder}";
}

child_process::child_process(std::vector<std::string> command) {
    std::vector<char*> pointers;
    for (auto& argument : command) {
        if (const auto at = argument.find(folder_placeholder); at != std::string::npos)
            argument.replace(at, folder_placeholder.size(), folder_.path().string());
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    const int out = ::open((folder_ / "output").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(out, STDERR_FILENO);
        ::execvp(pointers.front(), pointers.data());
        ::_exit(127);
    }
    ::close(out);
    if (process_ < 0) throw std::runtime_error("fork failed");
}

child_process::~child_process() {
    if (!running()) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

bool child_process::running() {
    if (process_ > 0 && ::waitpid(process_, nullptr, WNOHANG) == process_) process_ = 0;
    return process_ > 0;
}

std::string child_process::output() const { return read_file(folder_ / "output"); }

} // namespace harness
