#include <loadsim/measure/command_content.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::measure;

namespace {

using values = std::vector<std::string>;

struct content_case {
    command_content requested, received;
    const char* difference; ///< empty: none
};

const values names{"degrees", "side"};
const values none{"", ""};
const values left{"21", "left"};
const values right{"21", "right"};
const values hot_right{"30", "right"};
const values without_degrees{"", "left"};
const values fraction{"21.0", "left"};
const values long_id{"12345678901234567", "left"};
const values next_long_id{"12345678901234568", "left"};

} // namespace

TEST(command_content, names_the_difference) {
    const content_case rows[] = {
        {{.service = "horn"}, {.service = "horn"}, ""},
        {{.service = "horn"}, {}, ""}, // commands have no service
        {{.service = "horn"},
         {.service = "lights"},
         "command_wrong_service: the command has the service 'lights', 'horn' was requested"},
        {{.service = "horn"},
         {.service = ""},
         "command_wrong_service: the command has no service, 'horn' was requested (if no command of the platform has "
         "one: contract.command.service: '')"},
        {{.service = "horn", .parameters = left},
         {.service = "lights", .parameters = right},
         "command_wrong_service: the command has the service 'lights', 'horn' was requested"},
        {{.parameters = left}, {.parameters = left}, ""},
        {{.parameters = none}, {.parameters = left}, ""}, // unknown what was requested
        {{}, {.parameters = left}, ""},
        {{.parameters = fraction}, {.parameters = left}, ""}, // one number
        {{.parameters = long_id},
         {.parameters = next_long_id},
         "command_wrong_parameters: the parameter degrees has '12345678901234568' in the command, '12345678901234567' "
         "was "
         "requested"},
        {{.parameters = left},
         {.parameters = right},
         "command_wrong_parameters: the parameter side has 'right' in the command, 'left' was requested"},
        {{.parameters = left},
         {.parameters = without_degrees},
         "command_wrong_parameters: the parameter degrees has no value in the command, '21' was requested"},
        {{.parameters = left},
         {.parameters = hot_right},
         "command_wrong_parameters: the parameter degrees has '30' in the command, '21' was requested; the parameter "
         "side has 'right' in the command, 'left' was requested"},
    };
    for (const auto& r : rows) {
        const auto found = find_difference(r.requested, r.received, names);
        EXPECT_EQ(found ? std::string(to_string(found->kind)) + ": " + found->evidence : "", r.difference);
    }
}
