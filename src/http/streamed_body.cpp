#include <loadsim/http/server.hpp>

#include <utility>

namespace loadsim::http {

void streamed_body::write(text next) {
    if (state_ != state::open || next->empty()) return; // an empty chunk would end the body
    waiting_bytes_ += next->size();
    if (waiting_bytes_ > max_waiting_) {
        state_ = state::too_slow;
        waiting_.clear();
    } else {
        waiting_.push_back(std::move(next));
    }
    if (on_change_) on_change_();
}

void streamed_body::end() {
    if (state_ != state::open) return;
    state_ = state::ended;
    if (on_change_) on_change_();
}

std::optional<streamed_body::text> streamed_body::take() {
    if (waiting_.empty()) return std::nullopt;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next->size();
    return next;
}

void streamed_body::close() {
    if (state_ == state::open || (state_ == state::ended && !waiting_.empty())) state_ = state::client_gone;
    waiting_.clear();
}

} // namespace loadsim::http
