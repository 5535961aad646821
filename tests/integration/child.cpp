#include "child.hpp"

#include <stdexcept>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stage {
namespace {
constexpr std::string_view here = "{folder}";
}

child::child(std::vector<std::string> words) {
    std::vector<char*> pointers;
    for (auto& word : words) {
        if (const auto at = word.find(here); at != std::string::npos)
            word.replace(at, here.size(), folder_.path().string());
        pointers.push_back(word.data());
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

child::~child() {
    if (!running()) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

bool child::running() {
    if (process_ > 0 && ::waitpid(process_, nullptr, WNOHANG) == process_) process_ = 0;
    return process_ > 0;
}

std::string child::said() const { return contents(folder_ / "output"); }

} // namespace stage
