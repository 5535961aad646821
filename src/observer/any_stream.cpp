#include "any_stream.hpp"

namespace loadsim::observer {

namespace beast = boost::beast;

any_stream::executor_type any_stream::get_executor() {
    return std::visit([](auto& s) -> executor_type { return s.get_executor(); }, stream_);
}

void any_stream::expires_never() {
    std::visit([](auto& s) { beast::get_lowest_layer(s).expires_never(); }, stream_);
}

void any_stream::close() {
    std::visit([](auto& s) { beast::get_lowest_layer(s).close(); }, stream_);
}

void any_stream::read_some(boost::asio::mutable_buffer into, handler done) {
    std::visit([&](auto& s) { s.async_read_some(into, std::move(done)); }, stream_);
}

void any_stream::write_some(boost::asio::const_buffer from, handler done) {
    std::visit([&](auto& s) { s.async_write_some(from, std::move(done)); }, stream_);
}

} // namespace loadsim::observer
