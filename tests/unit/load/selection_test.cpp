#include <loadsim/load/selection.hpp>

#include <loadsim/base/random.hpp>

#include <gtest/gtest.h>

#include <numeric>
#include <set>

using namespace loadsim;
using namespace loadsim::load;

TEST(candidates, contain_every_vehicle_once) {
    // 2 and 6 have few coprime strides; 30030 = 2*3*5*7*11*13 has the fewest for its size.
    for (const std::uint32_t fleet : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 12U, 64U, 97U, 100U, 1024U, 2000U, 7919U, 30030U}) {
        for (std::uint64_t arrival = 0; arrival < 20; ++arrival) {
            const candidates vehicles{11, arrival_id{arrival}, fleet};
            std::vector<bool> seen(fleet);
            for (std::uint32_t k = 0; k < fleet; ++k) {
                const auto vehicle = index(vehicles.candidate(k));
                ASSERT_LT(vehicle, fleet);
                ASSERT_FALSE(seen[vehicle]) << "fleet " << fleet << " arrival " << arrival << " candidate " << k;
                seen[vehicle] = true;
            }
            EXPECT_EQ(vehicles.candidate(0), vehicles.first());
        }
    }
}

TEST(candidates, stay_in_the_fleet_up_to_the_largest) {
    constexpr std::uint32_t fleet = 4'294'967'291U; // the largest 32-bit prime
    const candidates vehicles{1, arrival_id{1}, fleet};
    const auto stride = (std::uint64_t{index(vehicles.candidate(1))} + fleet - index(vehicles.first())) % fleet;
    for (const std::uint32_t k : {1U, 2U, 1'000'000'007U, fleet - 1})
        EXPECT_EQ(index(vehicles.candidate(k)), (index(vehicles.first()) + k * stride) % fleet)
            << k; // k * stride < 2^64
}

TEST(candidates, first_is_drawn_from_the_seed) {
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival)
        EXPECT_EQ(index(candidates(7, arrival_id{arrival}, 2000).first()),
                  random_below(2000, 7, stream_id::arrival_vehicle, arrival, 0));
}

TEST(candidates, distribute_arrivals_uniformly) {
    constexpr std::uint32_t fleet = 100;
    std::vector<double> first(fleet);
    std::vector<double> second(fleet);
    for (std::uint64_t arrival = 0; arrival < 50'000; ++arrival) {
        const candidates vehicles{3, arrival_id{arrival}, fleet};
        ++first[index(vehicles.first())];
        ++second[index(vehicles.candidate(1))];
    }
    for (const auto& counts : {first, second}) {
        double chi_square = 0;
        for (const double n : counts) chi_square += (n - 500) * (n - 500) / 500;
        EXPECT_LT(chi_square, 149); // 99 degrees of freedom, p = 0.001
    }
}

TEST(candidates, differ_in_stride_between_arrivals) {
    std::set<std::uint32_t> strides;
    for (std::uint64_t arrival = 0; arrival < 200; ++arrival) {
        const candidates vehicles{3, arrival_id{arrival}, 97};
        strides.insert((index(vehicles.candidate(1)) + 97 - index(vehicles.first())) % 97);
    }
    EXPECT_GT(strides.size(),
              75U); // of 96: with a common stride, two arrivals for one busy vehicle would try the same candidates
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
