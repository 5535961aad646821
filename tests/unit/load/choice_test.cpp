#include <loadsim/load/choice.hpp>

#include <loadsim/base/draw.hpp>

#include <gtest/gtest.h>

#include <numeric>
#include <set>

using namespace loadsim;
using namespace loadsim::load;

TEST(candidates, are_every_vehicle_once) {
    // 2 and 6 have few coprime strides, 30030 = 2*3*5*7*11*13 fewest for its size.
    for (const std::uint32_t fleet : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 12U, 64U, 97U, 100U, 1024U, 2000U, 7919U, 30030U}) {
        for (std::uint64_t arrival = 0; arrival < 20; ++arrival) {
            const candidates order{11, arrival_id{arrival}, fleet};
            std::vector<bool> seen(fleet);
            for (std::uint32_t k = 0; k < fleet; ++k) {
                const auto vehicle = index(order.candidate(k));
                ASSERT_LT(vehicle, fleet);
                ASSERT_FALSE(seen[vehicle]) << "fleet " << fleet << " arrival " << arrival << " candidate " << k;
                seen[vehicle] = true;
            }
            EXPECT_EQ(order.candidate(0), order.first());
        }
    }
}

TEST(candidates, stay_in_the_fleet_up_to_the_largest) {
    constexpr std::uint32_t fleet = 4'294'967'291U; // the largest 32-bit prime
    const candidates order{1, arrival_id{1}, fleet};
    const auto stride = (std::uint64_t{index(order.candidate(1))} + fleet - index(order.first())) % fleet;
    for (const std::uint32_t k : {1U, 2U, 1'000'000'007U, fleet - 1})
        EXPECT_EQ(index(order.candidate(k)), (index(order.first()) + k * stride) % fleet) << k; // k * stride < 2^64
}

TEST(candidates, begin_where_the_seed_says) {
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival)
        EXPECT_EQ(index(candidates(7, arrival_id{arrival}, 2000).first()),
                  draw_below(2000, 7, stream::arrival_vehicle, arrival, 0));
}

TEST(candidates, give_each_vehicle_its_share_of_the_arrivals) {
    constexpr std::uint32_t fleet = 100;
    std::vector<double> first(fleet);
    std::vector<double> second(fleet);
    for (std::uint64_t arrival = 0; arrival < 50'000; ++arrival) {
        const candidates order{3, arrival_id{arrival}, fleet};
        ++first[index(order.first())];
        ++second[index(order.candidate(1))];
    }
    for (const auto& counts : {first, second}) {
        double chi_square = 0;
        for (const double n : counts) chi_square += (n - 500) * (n - 500) / 500;
        EXPECT_LT(chi_square, 149); // 99 degrees of freedom, once in a thousand
    }
}

TEST(candidates, differ_in_stride_between_arrivals) {
    std::set<std::uint32_t> strides;
    for (std::uint64_t arrival = 0; arrival < 200; ++arrival) {
        const candidates order{3, arrival_id{arrival}, 97};
        strides.insert((index(order.candidate(1)) + 97 - index(order.first())) % 97);
    }
    EXPECT_GT(strides.size(), 75U); // of 96: one stride for all would send two arrivals for one busy car down one queue
}

TEST(service_choice, follows_the_weights) {
    const service_weight services[] = {{"none", 0}, {"horn", 3}, {"nothing", 0}, {"lights", 1}, {"never", 0}};
    const service_choice choice{1, services};
    std::vector<int> seen(std::size(services));
    for (std::uint64_t arrival = 0; arrival < 40'000; ++arrival) ++seen.at(choice.service_of(arrival_id{arrival}));
    EXPECT_EQ(seen[0] + seen[2] + seen[4], 0);
    EXPECT_NEAR(seen[1], 30'000, 400); // 4.6 standard deviations
}

TEST(service_choice, is_a_function_of_seed_and_arrival) {
    const service_weight services[] = {{"horn", 1}, {"lights", 1}};
    int same = 0;
    for (std::uint64_t arrival = 0; arrival < 1000; ++arrival) {
        EXPECT_EQ(service_choice(1, services).service_of(arrival_id{arrival}),
                  draw_unit(1, stream::arrival_service, arrival, 0) < 0.5 ? 0U : 1U);
        same += service_choice(1, services).service_of(arrival_id{arrival}) ==
                service_choice(2, services).service_of(arrival_id{arrival});
    }
    EXPECT_NEAR(same, 500, 80);
}

TEST(service_choice, of_one_service_is_that_one) {
    const service_weight one[] = {{"horn", 0.1}};
    for (std::uint64_t arrival = 0; arrival < 100; ++arrival)
        EXPECT_EQ(service_choice(1, one).service_of(arrival_id{arrival}), 0U);
}
