#include <loadsim/load/selection.hpp>

#include <loadsim/base/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

using namespace loadsim;
using namespace loadsim::load;

namespace {

/// Takes substitutes until no vehicle of the shard is free.
std::vector<std::uint32_t> order_of(arrival_id arrival, std::uint32_t fleet, fleet_partition shard) {
    free_vehicles free{fleet, shard};
    for (std::uint32_t v = shard.index; v < fleet; v += shard.count) free.set(vehicle_id{v}, true);
    std::vector<std::uint32_t> all;
    while (const auto v = free.substitute(11, arrival)) {
        all.push_back(index(*v));
        free.set(*v, false);
    }
    return all;
}

double chi_square(const std::vector<double>& counts, double expected) {
    double sum = 0;
    for (const double n : counts) sum += (n - expected) * (n - expected) / expected;
    return sum;
}

} // namespace

TEST(first_vehicle, is_drawn_from_the_seed) {
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival)
        EXPECT_EQ(index(first_vehicle(7, arrival_id{arrival}, 2000)),
                  random_below(2000, 7, stream_id::arrival_vehicle, arrival, 0));
}

TEST(free_vehicles, are_each_found_once) {
    // Around the sizes of one, two and three levels, and vehicles that the partition does not divide evenly.
    for (const std::uint32_t fleet : {1U, 2U, 5U, 63U, 64U, 65U, 100U, 4095U, 4096U, 4097U})
        for (const auto shard : {fleet_partition{0, 1}, fleet_partition{2, 5}}) {
            std::vector<std::uint32_t> expected;
            for (std::uint32_t v = shard.index; v < fleet; v += shard.count) expected.push_back(v);
            auto found = order_of(arrival_id{3}, fleet, shard);
            std::ranges::sort(found);
            EXPECT_EQ(found, expected) << fleet;
        }
}

TEST(free_vehicles, come_in_the_order_of_their_slot_xor_the_drawn_number) {
    for (std::uint64_t arrival = 0; arrival < 20; ++arrival) {
        const auto origin = random_below(200, 11, stream_id::arrival_substitute, arrival, 0);
        std::vector<std::uint32_t> expected(200);
        std::iota(expected.begin(), expected.end(), 0);
        std::ranges::sort(expected, {}, [&](std::uint32_t slot) { return slot ^ origin; });
        for (auto& slot : expected) slot = slot * 5 + 2;
        EXPECT_EQ(order_of(arrival_id{arrival}, 1000, {2, 5}), expected);
    }
}

TEST(free_vehicles, are_the_same_whatever_was_free_before) {
    free_vehicles used{10'000, {}};
    free_vehicles fresh{10'000, {}};
    for (std::uint32_t v = 0; v < 10'000; ++v) used.set(vehicle_id{v}, true);
    for (std::uint32_t v = 0; v < 10'000; ++v) used.set(vehicle_id{v}, v % 1000 == 7);
    for (std::uint32_t v = 7; v < 10'000; v += 1000) fresh.set(vehicle_id{v}, true);
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival)
        EXPECT_EQ(used.substitute(1, arrival_id{arrival}), fresh.substitute(1, arrival_id{arrival}));
}

TEST(free_vehicles, are_found_in_the_largest_fleet) {
    free_vehicles free{24'500'000, {}};
    for (const std::uint32_t v : {0U, 12'345'678U, 24'499'999U}) {
        free.set(vehicle_id{v}, true);
        for (std::uint64_t arrival = 0; arrival < 10; ++arrival)
            EXPECT_EQ(free.substitute(1, arrival_id{arrival}), vehicle_id{v});
        free.set(vehicle_id{v}, false);
    }
    EXPECT_FALSE(free.substitute(1, arrival_id{0}));
}

TEST(free_vehicles, are_nobody_at_first_and_in_an_empty_shard) {
    EXPECT_FALSE((free_vehicles{1000, {}}.substitute(1, arrival_id{0})));
    EXPECT_FALSE((free_vehicles{3, {4, 8}}.substitute(1, arrival_id{0})));
}

TEST(free_vehicles, share_the_arrivals_evenly) {
    constexpr std::uint32_t fleet = 100;
    free_vehicles free{fleet, {}};
    for (std::uint32_t v = 0; v < fleet; ++v) free.set(vehicle_id{v}, true);
    std::vector<double> first(fleet);
    std::vector<double> second(fleet);
    for (std::uint64_t arrival = 0; arrival < 50'000; ++arrival) {
        ++first[index(first_vehicle(3, arrival_id{arrival}, fleet))];
        ++second[index(free.substitute(3, arrival_id{arrival}).value())];
    }
    EXPECT_LT(chi_square(first, 500), 149); // 99 degrees of freedom, p = 0.001
    EXPECT_LT(chi_square(second, 500), 149);
}

TEST(service_selection, follows_the_weights) {
    const double services[] = {0, 3, 0, 1, 0};
    const service_selection choice{1, services};
    std::vector<int> seen(std::size(services));
    for (std::uint64_t arrival = 0; arrival < 40'000; ++arrival) ++seen.at(choice.service_of(arrival_id{arrival}));
    EXPECT_EQ(seen[0] + seen[2] + seen[4], 0);
    EXPECT_NEAR(seen[1], 30'000, 400); // 4.6 standard deviations
}

TEST(service_selection, is_a_function_of_seed_and_arrival) {
    const double services[] = {1, 1};
    int same = 0;
    for (std::uint64_t arrival = 0; arrival < 1000; ++arrival) {
        EXPECT_EQ(service_selection(1, services).service_of(arrival_id{arrival}),
                  random_unit(1, stream_id::arrival_service, arrival, 0) < 0.5 ? 0U : 1U);
        same += service_selection(1, services).service_of(arrival_id{arrival}) ==
                service_selection(2, services).service_of(arrival_id{arrival});
    }
    EXPECT_NEAR(same, 500, 80);
}

TEST(service_selection, of_one_service_is_that_service) {
    const double one[] = {0.1};
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival)
        EXPECT_EQ(service_selection(1, one).service_of(arrival_id{arrival}), 0U);
}
