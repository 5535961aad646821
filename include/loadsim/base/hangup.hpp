// SIGHUP, the end of the terminal.
#pragma once

#include <csignal>

namespace loadsim {

/// True: the process ignores SIGHUP since its start (nohup), and must not handle it.
inline bool ignores_hangup() {
    struct sigaction current {};
    return ::sigaction(SIGHUP, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

} // namespace loadsim
