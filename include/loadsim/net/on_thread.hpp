// A question to whoever runs an event loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <utility>

namespace loadsim::net {

/// Runs `task` on the thread that runs `io`, waits for it, and returns what it returns; what it throws is thrown here.
/// Threads: any other one, while that one runs.
template <class Task>
auto on_thread(boost::asio::io_context& io, Task task) -> decltype(task()) {
    std::packaged_task<decltype(task())()> packaged(std::move(task));
    auto done = packaged.get_future();
    boost::asio::post(io, std::move(packaged));
    return done.get();
}

} // namespace loadsim::net
