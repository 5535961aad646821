#include "fitting.hpp"

#include <loadsim/mqtt/packet.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

using way = utterance::way;

constexpr std::size_t shown = 300;

std::string sample(std::string_view text) {
    std::string out(text.substr(0, shown));
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return out + (text.size() > shown ? "..." : "");
}

class looker {
public:
    looker(const scenario::document& d, const scenario::vocabulary& words, const std::vector<utterance>& said)
        : d_(d), terms_(words.terms), said_(said) {}

    std::vector<fitting> look() && {
        if (d_.load.driver == drive::kind::http) look_at_answer();
        look_at_commands();
        look_at_words();
        if (d_.load.driver == drive::kind::http)
            for (std::uint32_t i = 0; i < d_.load.observers.size(); ++i) look_at_observer(i);
        return std::move(found_);
    }

private:
    std::vector<const utterance*> all_of(way what, std::uint32_t observer = 0) const {
        std::vector<const utterance*> all;
        for (const auto& u : said_)
            if (u.what == what && u.observer == observer) all.push_back(&u);
        return all;
    }
    void good(std::string text) { found_.push_back({true, std::move(text)}); }
    void bad(std::string text) { found_.push_back({false, std::move(text)}); }

    static contract::heard heard_of(const utterance& u) {
        return {.topic = u.head, .payload = u.body, .correlation = {}, .named = {}};
    }

    void look_at_answer() {
        const auto answers = all_of(way::from_api);
        const auto& asked = d_.contract.request;
        if (answers.empty()) return bad("the API did not answer");
        const auto& a = *answers.back();
        unsigned status = 0;
        std::from_chars(a.head.data(), a.head.data() + a.head.size(), status);
        if (status == 0) return bad("the API did not answer: " + sample(a.body));
        if (std::ranges::count(asked.rejected, status) != 0)
            return bad(fmt::format("the API rejects the request with {} (contract.request.rejected)", status));
        if (std::ranges::count(asked.accepted, status) == 0)
            return bad(fmt::format("the API answers with {}, which is in neither contract.request.accepted ({}) nor "
                                   "rejected ({}): {}",
                                   status, fmt::join(asked.accepted, ", "), fmt::join(asked.rejected, ", "),
                                   sample(a.body)));
        const auto& where = terms_.request_id();
        if (where.what() == contract::source::kind::none)
            return good(fmt::format("the API accepts the request with {}", status));
        const auto heard = heard_of(a);
        contract::message_reader read(heard);
        std::string id;
        if (where.what() == contract::source::kind::named)
            return good(fmt::format("the API accepts the request with {}; its id is in {}", status, where.text()));
        if (!read.read(where, id))
            return bad(fmt::format("the API accepts the request with {}, and there is no '{}' (contract.request.id) in "
                                   "the answer: {}",
                                   status, where.text(), sample(a.body)));
        id_ = id;
        good(fmt::format("the API accepts the request with {}; its id is '{}' (contract.request.id: {})", status, id,
                         where.text()));
    }

    void look_at_commands() {
        const auto commands = all_of(way::to_vehicle);
        const auto& c = d_.contract.command;
        if (commands.empty()) {
            if (d_.fleet.link == fleet::link_kind::broker_api)
                return bad("no command came to " + d_.fleet.broker_api.path + " (fleet.brokerApi.path)");
            return bad(fmt::format("no command came to the vehicle, which subscribes to {} (contract.command.filter)",
                                   c.filter));
        }
        for (const auto* u : commands) {
            const auto order = terms_.read_command(heard_of(*u), nullptr);
            if (!order) {
                bad(fmt::format("a message came on {}, and there is no '{}' (contract.command.id) in it: {}", u->head,
                                c.id, sample(u->body)));
            } else if (!same_id(order->id)) {
                bad(fmt::format(
                    "the command says '{}' at {} (contract.command.id), and the API's answer said '{}' at {} "
                    "(contract.request.id): one of them points at something else",
                    order->id, c.id, id_, terms_.request_id().text()));
            } else {
                if (id_.empty()) id_ = order->id;
                good(fmt::format("the command came on {}: request '{}' (contract.command.id: {}), service '{}'{}",
                                 u->head, order->id, c.id, order->service,
                                 c.service.empty() ? "" : " (contract.command.service: " + c.service + ")"));
                if (!c.service.empty() && order->service.empty())
                    bad(fmt::format("there is no '{}' (contract.command.service) in it: {}", c.service,
                                    sample(u->body)));
            }
        }
    }

    void look_at_words() {
        for (const auto* u : all_of(way::from_vehicle)) {
            if (d_.load.driver != drive::kind::mqtt) {
                good(fmt::format("the vehicle says on {}: {}", u->head, sample(u->body)));
                continue;
            }
            if (mqtt::matches(d_.contract.words_filter, u->head))
                look_at_reading(terms_.words(), d_.contract.words, "contract.words", *u);
            else
                good(fmt::format("the vehicle says on {}, which contract.words.filter leaves out: {}", u->head,
                                 sample(u->body)));
        }
    }

    void look_at_observer(std::uint32_t i) {
        const auto& options = d_.load.observers[i];
        const auto name = fmt::format("load.observers[{}] ({})", i, observe::kind_of(options));
        std::visit(
            [&](const auto& o) {
                if constexpr (requires { o.reading; }) {
                    const auto came = all_of(way::to_observer, i);
                    if (came.empty()) return bad(name + " has heard nothing");
                    auto asked = o.reading;
                    // Whose request it is need not be said where it was asked for.
                    if constexpr (requires { o.first; }) asked.id.clear();
                    if (observe::kind_of(options) == "response") asked.id.clear();
                    const auto read = contract::reading::compile(asked, name);
                    if (!read) return;
                    bool ended = false;
                    for (const auto* u : came) {
                        if (u->body.empty() && u->head.find(": refused: ") != std::string::npos)
                            bad(fmt::format("{}: {}", name, u->head));
                        else
                            ended = look_at_reading(*read, asked, name, *u) || ended;
                    }
                    if (!ended)
                        bad(fmt::format("{}: nothing that came is an end of this request; its `ends` name {}", name,
                                        texts_of(asked.ends)));
                }
            },
            options);
    }

    /// An end of our request.
    bool look_at_reading(const contract::reading& how, const contract::reading_options& options,
                         const std::string& place, const utterance& u) {
        bool ended = false;
        how.read_each(heard_of(u), nullptr, [&](const contract::heard& one, std::optional<contract::said> said) {
            ended = look_at_event(said, options, place, one.payload) || ended;
        });
        return ended;
    }

    bool look_at_event(const std::optional<contract::said>& said, const contract::reading_options& options,
                       const std::string& place, std::string_view event) {
        if (!said && !options.id.empty()) {
            const auto where = options.each.empty() ? std::string{} : fmt::format(", each: '{}'", options.each);
            bad(fmt::format("{}: there is no '{}' (id{}) in {}", place, options.id, where, sample(event)));
            return false;
        }
        if (!said) return false;
        const bool ours = options.id.empty() || same_id(said->request);
        const auto state = fmt::format("request '{}', state '{}'", said->request, said->state);
        if (!said->end) {
            good(fmt::format("{}: {}, which is no end", place, state));
            return false;
        }
        good(fmt::format("{}: {} is {}{}", place, state, to_string(*said->end), ours ? "" : ", of another request"));
        return ours;
    }

    bool same_id(const std::string& id) const { return id_.empty() || id == id_; }

    static std::string texts_of(const std::vector<std::pair<outcome, std::vector<std::string>>>& ends) {
        std::string all;
        for (const auto& [end, texts] : ends)
            for (const auto& text : texts)
                all += fmt::format("{}'{}' as {}", all.empty() ? "" : ", ", text, to_string(end));
        return all.empty() ? "none" : all;
    }

    const scenario::document& d_;
    const contract::terms& terms_;
    const std::vector<utterance>& said_;
    std::vector<fitting> found_;
    std::string id_; ///< of the request; empty: not known yet
};

} // namespace

std::vector<fitting> look_at_fit(const scenario::document& d, const scenario::vocabulary& words,
                                 const std::vector<utterance>& said) {
    return looker(d, words, said).look();
}

} // namespace loadsim::run
