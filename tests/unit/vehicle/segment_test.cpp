#include <loadsim/vehicle/segment.hpp>

#include <gmock/gmock.h>

#include <cmath>

using namespace loadsim;
using namespace loadsim::vehicle;

namespace {

std::vector<segment> parts(std::initializer_list<double> shares) {
    std::vector<segment> all;
    for (const double part : shares) all.push_back({"s" + std::to_string(all.size()), fraction{part}, "success"});
    return all;
}

std::vector<std::uint32_t> count_by_segment(const segmentation& s, std::uint32_t first, std::uint32_t end,
                                            std::uint32_t step, std::size_t segments) {
    std::vector<std::uint32_t> counts(segments);
    for (std::uint32_t i = first; i < end; i += step) ++counts.at(s.segment_of(vehicle_id{i}));
    return counts;
}

} // namespace

TEST(segmentation, sizes_are_exact_and_add_up) {
    const struct {
        std::uint32_t fleet;
        std::vector<segment> segments;
        std::vector<std::uint32_t> sizes;
        const char* why;
    } rows[] = {
        {2000, parts({0.9, 0.06, 0.02, 0.02}), {1800, 120, 40, 40}, "whole numbers"},
        {100, parts({0.29, 0.71}), {29, 71}, "0.29 * 100 is a little less than 29"},
        {10, parts({1.0 / 3, 1.0 / 3, 1.0 / 3}), {4, 3, 3}, "a tie goes to the first"},
        {10, parts({0.14, 0.28, 0.58}), {1, 3, 6}, "the largest remainder gets what is left"},
        {1, parts({0.4, 0.6}), {0, 1}, "a fleet smaller than the segments"},
        {7, parts({1.0, 0.0}), {7, 0}, "a share of nothing"},
        {4'000'000'000, parts({0.5, 0.5}), {2'000'000'000, 2'000'000'000}, "large"},
        {5, {}, {5}, "no segments: one of all"},
    };
    for (const auto& row : rows) {
        const segmentation s(1, row.fleet, row.segments);
        for (std::uint32_t i = 0; i < row.sizes.size(); ++i) EXPECT_EQ(s.size(i), row.sizes[i]) << row.why;
    }
}

TEST(segmentation, every_vehicle_is_counted_once_for_any_fleet_and_seed) {
    for (const std::uint32_t fleet : {1U, 2U, 3U, 4U, 6U, 12U, 97U, 100U, 1024U, 2000U, 30'030U})
        for (const std::uint64_t seed : {0U, 1U, 99U}) {
            const auto segments = parts({0.7, 0.2, 0.1});
            const segmentation s(seed, fleet, segments);
            const auto counts = count_by_segment(s, 0, fleet, 1, 3);
            for (std::uint32_t i = 0; i < 3; ++i) {
                EXPECT_EQ(counts[i], s.size(i)) << fleet << " vehicles, seed " << seed;
                EXPECT_LT(std::abs(s.size(i) - segments[i].fleet_fraction.value * fleet), 1.0);
            }
        }
}

TEST(segmentation, the_seed_permutes_the_members) {
    const auto segments = parts({0.5, 0.5});
    const auto members = [&](std::uint64_t seed) {
        const segmentation s(seed, 1000, segments);
        std::vector<std::uint32_t> all;
        for (std::uint32_t i = 0; i < 1000; ++i) all.push_back(s.segment_of(vehicle_id{i}));
        return all;
    };
    EXPECT_EQ(members(1), members(1));
    EXPECT_NE(members(1), members(2));
}

TEST(segmentation, every_rank_and_every_range_of_vehicles_has_a_proportional_part) {
    const segmentation s(1, 2000, parts({0.9, 0.1}));
    for (const std::uint32_t ranks : {2U, 3U, 4U, 8U})
        for (std::uint32_t r = 0; r < ranks; ++r) {
            const auto counts = count_by_segment(s, r, 2000, ranks, 2);
            EXPECT_NEAR(counts[1], 200.0 / ranks, 5) << "rank " << r << " of " << ranks;
        }
    for (std::uint32_t first = 0; first < 2000; first += 100)
        EXPECT_NEAR(count_by_segment(s, first, first + 100, 1, 2)[1], 10, 2) << "vehicles from " << first;
}

TEST(segmentation, an_unknown_segment_throws) {
    EXPECT_THROW((void)segmentation(1, 10, parts({1.0})).size(1), std::out_of_range);
}
