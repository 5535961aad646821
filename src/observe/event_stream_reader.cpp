#include "event_stream_reader.hpp"

#include <charconv>
#include <utility>

namespace loadsim::observe {

std::vector<stream_event> event_stream_reader::feed(std::string_view piece) {
    std::vector<stream_event> out;
    while (!piece.empty()) {
        if (std::exchange(after_cr_, false) && piece.front() == '\n') {
            piece.remove_prefix(1);
            continue;
        }
        const auto end = piece.find_first_of("\r\n");
        const auto text = piece.substr(0, end);
        if (line_.size() + text.size() > limit)
            too_long_ = cut_ = true;
        else
            line_ += text;
        if (end == std::string_view::npos) break;
        after_cr_ = piece[end] == '\r';
        piece.remove_prefix(end + 1);
        end_line(out);
    }
    return out;
}

void event_stream_reader::restart() {
    line_.clear();
    name_.clear();
    data_.clear();
    id_ = last_id_;
    first_line_ = true;
    after_cr_ = cut_ = too_long_ = false;
}

void event_stream_reader::end_line(std::vector<stream_event>& out) {
    std::string_view line = line_;
    if (std::exchange(first_line_, false) && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    if (std::exchange(cut_, false)) {
        // Nobody knows what it would have said.
    } else if (line.empty())
        end_event(out);
    else if (const auto colon = line.find(':'); colon == std::string_view::npos)
        take_field(line, {});
    else if (colon != 0) { // else it is a comment
        auto value = line.substr(colon + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        take_field(line.substr(0, colon), value);
    }
    line_.clear();
}

void event_stream_reader::take_field(std::string_view name, std::string_view value) {
    if (name == "event") {
        name_ = value;
    } else if (name == "data") {
        if (data_.size() + value.size() >= limit) {
            too_long_ = true;
            data_.clear();
        } else {
            data_ += value;
            data_ += '\n';
        }
    } else if (name == "id") {
        if (value.find('\0') == std::string_view::npos) id_ = value;
    } else if (name == "retry" && value.find_first_not_of("0123456789") == std::string_view::npos) {
        std::uint32_t milliseconds = 0; // too large a number is not taken
        if (std::from_chars(value.data(), value.data() + value.size(), milliseconds).ec == std::errc{})
            retry_ = std::chrono::milliseconds{milliseconds};
    }
}

void event_stream_reader::end_event(std::vector<stream_event>& out) {
    last_id_ = id_;
    if (std::exchange(too_long_, false)) {
        ++oversized_;
    } else if (!data_.empty()) {
        data_.pop_back();
        out.push_back({name_.empty() ? "message" : name_, data_});
    }
    name_.clear();
    data_.clear();
}

} // namespace loadsim::observe
