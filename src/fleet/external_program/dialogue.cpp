#include "external_program/dialogue.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace loadsim::fleet {
namespace {

namespace json = boost::json;

/// Id of an answer; nullopt: it has none.
std::optional<std::uint64_t> id_of(const json::object& answer) {
    const auto* id = answer.if_contains("id");
    if (id == nullptr || !id->is_number()) return std::nullopt;
    boost::system::error_code error;
    const auto value = id->to_number<std::uint64_t>(error);
    return error ? std::nullopt : std::optional(value);
}

} // namespace

program_dialogue::program_dialogue(const program_options& o) : timeout_(o.timeout), in_flight_(o.in_flight) {}

void program_dialogue::ask(std::string_view fields, answer_handler handler, monotonic_time now) {
    ++counts_.asked;
    const auto refuse = [&](program_failure kind, std::string_view why) {
        fail(kind, why);
        handler(nullptr);
    };
    if (!ended_.empty()) return refuse(program_failure::ended, ended_);
    if (waiting_.size() >= in_flight_)
        return refuse(program_failure::overflow, "as many questions as inFlight permits wait for an answer");
    if (output_.size() + being_written_ > unread_max)
        return refuse(program_failure::overflow, "the program does not read its questions");
    const auto id = ++last_id_;
    output_ += fmt::format("{{\"id\":{},{}}}\n", id, fields);
    waiting_.emplace(id, question{std::move(handler), now});
    deadlines_.emplace_back(now + timeout_, id);
}

void program_dialogue::receive(std::string_view bytes, monotonic_time now) {
    while (!bytes.empty() && !is_flooded()) {
        const auto end = bytes.find('\n');
        const auto part = bytes.substr(0, end);
        bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
        if (!skips_line_ && partial_.size() + part.size() > line_max) {
            skips_line_ = true;
            ++useless_lines_;
            fail(program_failure::bad_answer, "a line is longer than 1 MiB");
            partial_.clear();
            partial_.shrink_to_fit();
        }
        if (end == bytes.npos || skips_line_) {
            if (!skips_line_) partial_ += part;
            if (end != std::string_view::npos) skips_line_ = false;
            continue;
        }
        if (partial_.empty()) {
            receive_line(part, now);
        } else {
            partial_ += part;
            const auto line = std::exchange(partial_, {});
            receive_line(line, now);
        }
    }
}

void program_dialogue::receive_line(std::string_view line, monotonic_time now) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    const auto useless = [this](std::string_view why) {
        ++useless_lines_;
        fail(program_failure::bad_answer, why);
    };
    boost::system::error_code error;
    const auto parsed = json::parse(line, error);
    if (error || !parsed.is_object()) return useless("a line is no JSON object");
    const auto& answer = parsed.get_object();
    const auto id = id_of(answer);
    if (!id || *id == 0 || *id > last_id_) return useless("an answer has no id, or that of no question");
    const auto found = waiting_.find(*id);
    if (found == waiting_.end()) {
        ++counts_.late;
        return;
    }
    const auto asked = std::move(found->second);
    waiting_.erase(found);
    drop_answered();
    counts_.answer.record(now - asked.asked);
    const auto problem = asked.handler(&answer);
    if (problem.empty()) {
        ++counts_.answered;
        return;
    }
    fail(program_failure::bad_answer, problem);
    asked.handler(nullptr);
}

void program_dialogue::drop_answered() {
    while (!deadlines_.empty() && !waiting_.contains(deadlines_.front().second)) deadlines_.pop_front();
}

void program_dialogue::expire(monotonic_time now) {
    while (!deadlines_.empty() && deadlines_.front().first <= now) {
        const auto found = waiting_.find(deadlines_.front().second);
        deadlines_.pop_front();
        if (found == waiting_.end()) continue;
        const auto asked = std::move(found->second);
        waiting_.erase(found);
        fail(program_failure::timeout, "no answer came in time");
        asked.handler(nullptr);
    }
    drop_answered();
}

void program_dialogue::end(std::string why) {
    ended_ = std::move(why);
    output_.clear();
    deadlines_.clear();
    auto all = std::exchange(waiting_, {});
    std::vector<std::uint64_t> ids; // in the order of asking: repeatable
    ids.reserve(all.size());
    for (const auto& [id, asked] : all) ids.push_back(id);
    std::ranges::sort(ids);
    for (const auto id : ids) {
        fail(program_failure::ended, ended_);
        all.at(id).handler(nullptr);
    }
}

void program_dialogue::forget() {
    waiting_.clear();
    deadlines_.clear();
}

void program_dialogue::fail(program_failure kind, std::string_view why) {
    const auto name = program_failure_names[static_cast<std::size_t>(kind)];
    ++counts_.failures[std::string(name)];
    count_reason(fmt::format("{}: {}", name, why));
}

void program_dialogue::count_reason(std::string text) {
    if (!known_reasons_.contains(text) && known_reasons_.size() >= reasons_max) text = "other reasons";
    ++known_reasons_[text];
    ++counts_.reasons[std::move(text)];
}

} // namespace loadsim::fleet
