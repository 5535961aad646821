#include <loadsim/measure/snapshot.hpp>

#include <loadsim/base/counters.hpp>

#include <utility>

namespace loadsim::measure {

void snapshot::add(snapshot other) {
    each_field(
        []<class Field>(const char*, Field& all, Field& one) {
            if constexpr (std::same_as<Field, bool>) {
                all = all && one;
            } else if constexpr (std::same_as<Field, std::string>) {
                if (all.empty()) all = std::move(one);
            } else if constexpr (std::same_as<Field, totals>) {
                all.add(one);
                all.move_records_from(std::move(one));
            } else {
                loadsim::add(all, one);
            }
        },
        *this, other);
}

} // namespace loadsim::measure
