#include "sse_parser.hpp"

#include <charconv>
#include <utility>

namespace loadsim::observer {

std::vector<sse_event> sse_parser::feed(std::string_view piece) {
    std::vector<sse_event> out;
    while (!piece.empty()) {
        if (std::exchange(after_cr_, false) && piece.front() == '\n') {
            piece.remove_prefix(1);
            continue;
        }
        const auto end = piece.find_first_of("\r\n");
        const auto text = piece.substr(0, end);
        if (line_.size() + text.size() > max_event_size)
            event_oversized_ = line_truncated_ = true;
        else
            line_ += text;
        if (end == std::string_view::npos) break;
        after_cr_ = piece[end] == '\r';
        piece.remove_prefix(end + 1);
        end_line(out);
    }
    return out;
}

void sse_parser::restart() {
    line_.clear();
    name_.clear();
    data_.clear();
    id_ = last_id_;
    first_line_ = true;
    after_cr_ = line_truncated_ = event_oversized_ = false;
}

void sse_parser::end_line(std::vector<sse_event>& out) {
    std::string_view line = line_;
    if (std::exchange(first_line_, false) && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    if (std::exchange(line_truncated_, false)) {
        // A truncated line is ignored.
    } else if (line.empty())
        end_event(out);
    else if (const auto colon = line.find(':'); colon == std::string_view::npos)
        set_field(line, {});
    else if (colon != 0) { // a leading colon marks a comment
        auto value = line.substr(colon + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        set_field(line.substr(0, colon), value);
    }
    line_.clear();
}

void sse_parser::set_field(std::string_view name, std::string_view value) {
    if (name == "event") {
        name_ = value;
    } else if (name == "data") {
        if (data_.size() + value.size() >= max_event_size) {
            event_oversized_ = true;
            data_.clear();
        } else {
            data_ += value;
            data_ += '\n';
        }
    } else if (name == "id") {
        if (value.find('\0') == std::string_view::npos) id_ = value;
    } else if (name == "retry" && value.find_first_not_of("0123456789") == std::string_view::npos) {
        std::uint32_t milliseconds = 0; // ignores a number that is too large
        if (std::from_chars(value.data(), value.data() + value.size(), milliseconds).ec == std::errc{})
            retry_ = std::chrono::milliseconds{milliseconds};
    }
}

void sse_parser::end_event(std::vector<sse_event>& out) {
    last_id_ = id_;
    if (std::exchange(event_oversized_, false)) {
        ++oversized_;
    } else if (!data_.empty()) {
        data_.pop_back();
        out.push_back({name_.empty() ? "message" : name_, data_, last_id_});
    }
    name_.clear();
    data_.clear();
}

} // namespace loadsim::observer
