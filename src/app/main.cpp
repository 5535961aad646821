#include "commands.hpp"

int main(int argc, char** argv) {
    using namespace loadsim::app;
    return static_cast<int>(parse_and_run({run_command(), rehearse_command(), explain_command(), replay_command(),
                                           probe_command(), validate_command(), doctor_command(), show_command(),
                                           schema_command(), backend_command(), broker_api_command()},
                                          argc, argv));
}
