#include "watch.hpp"

#include "account_of_observer.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

template <class Kind>
bool is(const observe::options& o) {
    return std::holds_alternative<Kind>(o);
}

} // namespace

watch::watch(const scenario::document& scenario) : scenario_(scenario) {}
watch::~watch() { stop(); }

result<void> watch::open() {
    if (scenario_.load.driver == drive::kind::mqtt) return {};
    const auto& all = scenario_.load.observers;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (!is<observe::webhook_options>(all[i])) continue;
        auto made = observe::make_observer(
            all[i], {}, [this](auto seen, const std::string& why) { hear(std::move(seen), why); }, i);
        show(*made, i);
        if (const auto started = made->start(); !started) return started.error();
        listening_.push_back({std::move(made), i});
    }
    return {};
}

void watch::tell(on_seen seen, observe::on_word word) {
    const std::lock_guard lock(mutex_);
    seen_ = std::move(seen);
    word_ = std::move(word);
}

void watch::overhear(on_heard tell) {
    const std::lock_guard lock(mutex_);
    heard_ = std::move(tell);
}

void watch::show(observe::observer& o, std::uint32_t index) {
    o.overhear([this, index](std::string_view where, std::string_view text) {
        const std::lock_guard lock(mutex_);
        if (heard_) heard_(index, where, text);
    });
}

result<void> watch::start(const observe::surroundings& where, const std::vector<texts>& rendered) {
    auto in = where;
    if (scenario_.load.watch_words) in.word = [this](observe::heard_word w) { hear_word(std::move(w)); };
    const auto& all = scenario_.load.observers;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (is<observe::webhook_options>(all[i])) continue;
        auto options = all[i];
        if (auto* sse = std::get_if<observe::sse_options>(&options)) sse->path = rendered.at(i).path;
        if (auto* socket = std::get_if<observe::websocket_options>(&options)) {
            socket->path = rendered.at(i).path;
            in.subscribe = rendered.at(i).first;
        }
        auto made = observe::make_observer(
            options, in, [this](auto seen, const std::string& why) { hear(std::move(seen), why); }, i);
        if (!made) continue; // it lives in the shards
        if (is<observe::mqtt_options>(all[i])) in.word = {};
        show(*made, i);
        if (const auto started = made->start(); !started) return started.error();
        connected_.push_back({std::move(made), i});
    }
    if (!in.word) return {};
    words_ = observe::make_word_listener(in);
    return words_->start();
}

void watch::stop() {
    for (const auto& o : connected_) o.what->stop();
    for (const auto& o : listening_) o.what->stop();
    if (words_) words_->stop();
}

std::string watch::webhook_url() const { return listening_.empty() ? std::string{} : listening_.front().what->url(); }

std::vector<std::string> watch::said() const {
    std::vector<std::string> all;
    for (const auto& o : listening_) all.push_back(o.what->said());
    std::erase(all, std::string{});
    return all;
}

void watch::take(std::map<std::uint32_t, measure::observer_counts>& into,
                 std::map<std::string, std::uint64_t>& misfits) {
    for (const auto* all : {&listening_, &connected_})
        for (const auto& o : *all) add_account(o.what->take(), o.index, into, misfits);
}

void watch::hear(std::optional<observe::final_event> seen, const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (seen_) seen_(std::move(seen), why);
}

void watch::hear_word(observe::heard_word w) {
    const std::lock_guard lock(mutex_);
    if (word_) word_(std::move(w));
}

} // namespace loadsim::run
