#include "whole_course.hpp"

#include "course.hpp"

namespace loadsim::run {

std::function<bool()> asked_to_stop(const interrupts& signals) {
    return [&signals] { return signals.asked() != interrupts::kind::none || signals.cut_off(); };
}

void call_after(part& own, const std::function<void(const std::string&)>& said) {
    if (const auto called = own.call_after([] { return false; }); !called)
        said("after the load: " + to_string(called.error()));
}

course_end take_whole_course(part& own, parts& all, interrupts& signals, const listener& tell,
                             const time_source& time) {
    if (const auto called = own.call_before(asked_to_stop(signals)); !called) return {called, false};
    course course(own.plan(), all, signals, tell, time);
    const auto how = course.run();
    if (how && !course.cut_off()) call_after(own, tell.said);
    return {how, course.cut_off()};
}

} // namespace loadsim::run
