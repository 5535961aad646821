// Payload files of Artillery as one table with a line per vehicle, in the form of fleet.data.
#pragma once

#include "artillery/script.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario::artillery {

struct payload_column {
    std::string field; ///< name in the script
    std::string name;  ///< in fleet.data
    bool cast = true;  ///< numbers and booleans are no texts in JSON
};

/// Rows of all payload files; those of the second file are beside those of the first.
struct payload_table {
    std::vector<payload_column> columns;
    std::vector<std::vector<std::string>> rows; ///< of all columns; not empty if there are columns
    bool has_vins = false;                      ///< the column `vin` identifies the vehicles

    const payload_column* find(std::string_view field) const;
    /// Cell of the first row.
    const std::string& first(const payload_column&) const;
    /// Header and that many rows; repeated from the first one on, unless they have VINs.
    std::string csv(std::size_t rows) const;
};

/// Throws unusable_script for a file that cannot be read or has no usable line.
payload_table read_payload(const yaml_node& config, const artillery_options&, note_list&);

} // namespace loadsim::scenario::artillery
