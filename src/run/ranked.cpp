#include "ranked.hpp"

#include "wall_clock.hpp"

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

/// A rank reports once a second at least, unless it is lost, or stands still so long that its figures are worthless.
constexpr nanoseconds silent_at_most = 20s;
constexpr nanoseconds setting_up_at_most = 60s; ///< until its first report
/// Orders lie in a letter box for a while, longer on a busy machine, and clocks may differ by half of this.
constexpr nanoseconds load_ahead = 2s;

} // namespace

ranked::ranked(part& own, cluster::channel& channel, cluster::spool_writer& spool, const time_source& time)
    : own_(own), channel_(channel), spool_(spool), time_(time), begun_(time.now()), others_(channel.where().count) {
    for (auto& o : others_) o.heard_at = begun_;
}

void ranked::send(const cluster::order& what) {
    ++orders_;
    const auto text = cluster::encode(what);
    for (std::uint32_t rank = 1; rank < count(); ++rank) channel_.send(rank, text);
}

void ranked::connect() {
    send({.what = cluster::order::kind::connect});
    own_.connect();
}

void ranked::begin_load(monotonic_time start) {
    send({.what = cluster::order::kind::load, .start_wall_us = wall_us_at(start, time_.now())});
    own_.begin_load(start);
}

void ranked::cut() {
    send({.what = cluster::order::kind::cut});
    own_.cut();
}

void ranked::give_up_open() {
    send({.what = cluster::order::kind::give_up});
    own_.give_up_open();
}

void ranked::stop() {
    send({.what = cluster::order::kind::stop});
    own_.stop();
}

nanoseconds ranked::attention() const { return std::min(cluster::look_for_letters, own_.attention()); }
nanoseconds ranked::ahead() const { return load_ahead; }

void ranked::attend() {
    own_.attend();
    while (auto letter = channel_.receive()) {
        auto message = cluster::decode(letter->text);
        if (!message) {
            garbled_ = channel_.called(letter->from) + " sent what cannot be read: " + to_string(message.error());
            continue;
        }
        if (auto* report = std::get_if<cluster::report>(&*message)) take(letter->from, std::move(*report));
    }
}

void ranked::take(std::uint32_t from, cluster::report said) {
    auto& o = others_[from];
    o.heard = true;
    o.heard_at = time_.now();
    o.followed = said.orders_followed;
    wishes_.interrupt = wishes_.interrupt || said.interrupted;
    wishes_.terminate = wishes_.terminate || said.terminated;
    measure::snapshot since;
    since.seen = std::exchange(said.seen.seen, {});
    seen_.add(std::move(since));
    o.latest = std::move(said.seen);
    if (!o.latest.trouble.empty()) o.latest.trouble = channel_.called(from) + ": " + o.latest.trouble;
}

measure::snapshot ranked::collect() {
    attend();
    auto sum = own_.collect();
    spool_.write({.seen = sum, .orders_followed = orders_}, time_.now() - begun_);
    for (std::uint32_t rank = 1; rank < count(); ++rank) sum.add(others_[rank].latest);
    seen_.all_due = seen_.driver_ready = true;
    sum.add(std::exchange(seen_, {}));
    return sum;
}

bool ranked::settled() const {
    if (!own_.settled()) return false;
    for (std::uint32_t rank = 1; rank < count(); ++rank)
        if (!others_[rank].heard || others_[rank].followed != orders_) return false;
    return true;
}

std::string ranked::lost() const {
    if (auto trouble = channel_.trouble(); !trouble.empty()) return trouble;
    if (!garbled_.empty()) return garbled_;
    for (std::uint32_t rank = 1; rank < count(); ++rank) {
        const auto limit = others_[rank].heard ? silent_at_most : setting_up_at_most;
        if (time_.now() - others_[rank].heard_at > limit)
            return fmt::format("{} has not been heard for {}", channel_.called(rank), format_duration(limit));
    }
    return {};
}

} // namespace loadsim::run
