#include <loadsim/telemetry/due_agenda.hpp>

#include <algorithm>

namespace loadsim::telemetry {
namespace {

constexpr unsigned slot_bits = 28;
constexpr std::uint64_t tick_last = (std::uint64_t{1} << (64 - slot_bits)) - 1;
constexpr std::size_t children =
    4; // half as many levels as with two, and a cache line holds the children of two entries
static_assert(due_agenda::slots_max == std::uint64_t{1} << slot_bits);

std::uint64_t entry_of(std::uint32_t slot, nanoseconds due) {
    const auto since = std::max(due, nanoseconds{0}) + due_agenda::tick_length - nanoseconds{1};
    return std::min(static_cast<std::uint64_t>(since / due_agenda::tick_length), tick_last) << slot_bits | slot;
}

} // namespace

void due_agenda::add(std::uint32_t slot, nanoseconds due) {
    if (due == nanoseconds::max()) return;
    const auto entry = entry_of(slot, due);
    auto i = heap_.size();
    heap_.push_back(entry);
    while (i > 0 && entry < heap_[(i - 1) / children]) {
        heap_[i] = heap_[(i - 1) / children];
        i = (i - 1) / children;
    }
    heap_[i] = entry;
}

nanoseconds due_agenda::next() const noexcept {
    if (heap_.empty()) return nanoseconds::max();
    return static_cast<std::int64_t>(heap_[0] >> slot_bits) * tick_length;
}

std::uint32_t due_agenda::front() const noexcept { return static_cast<std::uint32_t>(heap_[0] & (slots_max - 1)); }

void due_agenda::replace_front(nanoseconds due) noexcept {
    if (due != nanoseconds::max()) return sift_down(entry_of(front(), due));
    const auto last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down(last);
}

/// Puts an entry in the place of the front.
void due_agenda::sift_down(std::uint64_t entry) noexcept {
    std::size_t i = 0;
    for (;;) {
        const auto first = i * children + 1;
        if (first >= heap_.size()) break;
        const auto from = heap_.begin() + static_cast<std::ptrdiff_t>(first);
        const auto count = std::min(children, heap_.size() - first);
        const auto least = std::min_element(from, from + static_cast<std::ptrdiff_t>(count));
        if (entry <= *least) break;
        heap_[i] = *least;
        i = static_cast<std::size_t>(least - heap_.begin());
    }
    heap_[i] = entry;
}

} // namespace loadsim::telemetry
