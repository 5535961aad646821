// Heap use of the vehicle model: none for a vehicle, none for its values and their text.
#include "example_trips.hpp"

#include <loadsim/telemetry/vehicle_model.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

using namespace loadsim;
using namespace std::chrono_literals;

namespace {
std::size_t allocations = 0; // of this program, total
} // namespace

// Not inlined: with one of them inlined GCC sees malloc() and operator delete(), or operator new() and free(), and warns of it.
[[gnu::noinline]] void* operator new(std::size_t n) {
    ++allocations;
    if (void* p = std::malloc(n)) return p;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(n);
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

TEST(allocation, none_for_a_vehicle_at_an_instant) {
    const telemetry::vehicle_model model(example::deliveries(), 42);
    std::string out;
    out.reserve(4096);
    double driven = 0;
    const auto before = allocations;
    for (std::uint32_t v = 0; v < 1000; ++v) {
        const nanoseconds t = 1min * v;
        const auto values = model.signals_at(vehicle_id{v}, t);
        out.clear();
        for (const auto& s : telemetry::signal_table()) append_json(values, s.id, out);
        driven += values[telemetry::signal::speed];
        if (model.next_state_change(vehicle_id{v}, t) > t &&
            model.state_at(vehicle_id{v}, t) == telemetry::drive_state::driving)
            driven += 1;
    }
    EXPECT_EQ(allocations, before);
    EXPECT_GT(driven, 0);
}
