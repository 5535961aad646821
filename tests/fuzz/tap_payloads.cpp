// Fuzzer: arbitrary bytes as a record of the bus behind a platform, through the tap mapping and the reconciliation. Invariants: reading is
// a function of the record; what is read is within its limits; each record is counted once.
#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/measure/delivery_reconciliation.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace loadsim;
using namespace loadsim::contract;

namespace {

const std::vector<tap_mapping_options>& all_options() {
    static const std::vector<tap_mapping_options> all{
        {.vehicle = "/vin", .telemetry_group = "header:group"},
        {.key = "key/vin", .telemetry_group = "/group"},
        {.key = "/clientid", .payload = "/payload", .vehicle = "/vin", .telemetry_group = "/topic"},
        {.key = "header:vin", .sequence = "header:seq", .telemetry_group = "topic[0]"},
    };
    return all;
}

std::string_view take_text(std::string_view& rest) {
    const auto text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    return text;
}

void reconcile(const tapped_message& found, measure::delivery_reconciliation& checked) {
    if (found.key_vehicle.empty() && found.payload_vehicle.empty()) return checked.consumed_unknown_vehicle();
    if (!found.sequence || !found.group) return checked.consumed_without_sequence();
    checked.consumed({.group = *found.group, .sequence = *found.sequence, .hash = found.payload_hash});
}

} // namespace

// Lines: options, topic, key, header; the rest is the value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto& options = all_options()[data[0] % all_options().size()];
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    take_text(rest);
    const auto topic = take_text(rest);
    const auto key = take_text(rest);
    const auto header = take_text(rest);
    const auto mapping = tap_mapping::compile(options, {{"position", "v1/+/tlm/position"}, {"all", "#"}}, "tap");
    if (!mapping) std::abort();
    const record_view record{
        .topic = topic, .key = key, .value = rest, .header = [&](std::string_view) { return header; }};
    const auto found = mapping->read(record);
    if (found != mapping->read(record)) std::abort();
    if (found.group && *found.group > 1) std::abort();
    if (found.key_vehicle.size() + found.payload_vehicle.size() > 8 * size) std::abort();

    measure::delivery_reconciliation checked({.window = 4}, {}, 1, 2, {});
    if (found.sequence) checked.sent(vehicle_id{0}, 0, *found.sequence, found.payload_hash, {});
    for (int i = 0; i < 3; ++i) reconcile(found, checked);
    checked.finish();
    const auto c = checked.total();
    if (c.consumed != 3 || c.sent != (found.sequence ? 1U : 0U)) std::abort();
    if (c.matched + c.corrupted + c.duplicated + c.reissue_duplicates + c.foreign + c.consumed_not_reconciled +
            c.unknown_vehicle + c.without_sequence !=
        3)
        std::abort();
    if (c.matched + c.corrupted + c.lost + c.sent_not_reconciled != c.sent) std::abort();
    return 0;
}
