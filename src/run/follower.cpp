#include "follower.hpp"

#include "wall_clock.hpp"

#include <algorithm>
#include <variant>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

constexpr nanoseconds while_waited_for = 200ms; ///< connecting, draining: the first rank waits for what we report
constexpr nanoseconds under_load = 1s;

} // namespace

follower::follower(cluster::channel& channel, cluster::spool_writer& spool, interrupts& signals,
                   const time_source& time)
    : channel_(channel), spool_(spool), interrupts_(signals), time_(time), begun_(time.now()), report_at_(begun_),
      report_every_(while_waited_for) {}

bool follower::follow(part* own, const std::string& trouble) {
    while (channel_.trouble().empty()) {
        while (const auto letter = channel_.receive()) {
            const auto message = cluster::decode(letter->text);
            const auto* order = message ? std::get_if<cluster::order>(&*message) : nullptr;
            if (order == nullptr) continue;
            if (!obey(*order, own)) return true;
            ++followed_;
            report(own, trouble); // at once: the first rank waits for it
        }
        if (time_.now() >= report_at_) {
            report(own, trouble);
            report_at_ += report_every_;
            if (report_at_ < time_.now()) report_at_ = time_.now() + report_every_; // late: no burst
        }
        auto look = cluster::look_for_letters;
        if (own != nullptr) {
            own->attend();
            look = std::min(look, own->attention());
        }
        if (interrupts_.wait_until(std::min(report_at_, time_.now() + look))) report(own, trouble);
    }
    return false;
}

bool follower::obey(const cluster::order& order, part* own) {
    using kind = cluster::order::kind;
    if (order.what == kind::leave) return false;
    if (own == nullptr) return true;
    switch (order.what) {
    case kind::connect: own->connect(); break;
    case kind::load: {
        const auto start = instant_at(order.start_wall_us, time_.now());
        own->begin_load(start);
        report_every_ = under_load;
        report_at_ = start + under_load;
        break;
    }
    case kind::cut:
        own->cut();
        report_every_ = while_waited_for;
        report_at_ = time_.now() + report_every_;
        break;
    case kind::give_up: own->give_up_open(); break;
    case kind::stop: own->stop(); break;
    case kind::leave: break;
    }
    return true;
}

void follower::report(part* own, const std::string& trouble) {
    cluster::report said;
    const bool done = own == nullptr || own->settled(); // asked first: what is collected then has all of it
    if (own != nullptr) said.seen = own->collect();
    if (!trouble.empty()) said.seen.trouble = trouble;
    said.orders_followed = done ? followed_ : followed_ - 1;
    said.interrupted = interrupts_.asked() == interrupts::kind::interrupt;
    said.terminated = interrupts_.asked() == interrupts::kind::terminate;
    spool_.write(said, time_.now() - begun_);
    channel_.send(0, cluster::encode(said));
}

} // namespace loadsim::run
