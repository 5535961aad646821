// Synchronous call on an event loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <utility>

namespace loadsim::net {

/// Runs `task` on the thread that runs `io`, waits for it, and returns its result; exceptions are rethrown here.
/// Threads: any but the one that runs `io`, while `io` runs.
template <class Task>
auto call_on_loop(boost::asio::io_context& io, Task task) -> decltype(task()) {
    std::packaged_task<decltype(task())()> packaged(std::move(task));
    auto done = packaged.get_future();
    boost::asio::post(io, std::move(packaged));
    return done.get();
}

} // namespace loadsim::net
